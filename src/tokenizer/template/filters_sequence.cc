// Filters that look at all elements of a sequence at once.
#include <algorithm>
#include <optional>

#include "tokenizer/template/attribute_path.h"
#include "tokenizer/template/builtin.h"
#include "tokenizer/template/iterate.h"
#include "tokenizer/template/operators.h"

namespace ingle::jinja {
namespace {

// What an element is ordered by: one attribute of it or several.
class SortKey {
 public:
  // attribute: "a", or "a,b" where several are allowed.
  SortKey(const Value& attribute, bool several, bool case_sensitive)
      : several_(several), case_sensitive_(case_sensitive) {
    if (!several || !attribute.IsString()) {
      paths_.emplace_back(attribute);
      return;
    }
    std::string_view rest = attribute.text();
    while (true) {
      const size_t end = std::min(rest.find(','), rest.size());
      paths_.emplace_back(Value(rest.substr(0, end)));
      if (end == rest.size()) return;
      rest.remove_prefix(end + 1);
    }
  }

  Result<Value> Of(Runtime& runtime, const Value& item, const Value& missing = Value()) const {
    ValueList parts;
    for (const AttributePath& path : paths_) {
      Result<Value> part = path.Of(runtime, item, missing);
      if (part && !case_sensitive_) part = IgnoreCase(runtime, *part);
      if (!part) return part;
      parts.push_back(std::move(*part));
    }
    if (!several_) return parts[0];
    return runtime.List(std::move(parts));
  }

 private:
  std::vector<AttributePath> paths_;
  bool several_;
  bool case_sensitive_;
};

struct Keyed {
  Value key;
  Value item;
};

// A stable merge sort, since comparing may fail and has to be counted. REQUIRES: scratch as large.
Status MergeSort(Runtime& runtime, std::span<Keyed> items, std::span<Keyed> scratch, bool reverse) {
  if (items.size() < 2) return {};
  const size_t middle = items.size() / 2;
  const auto left = items.first(middle);
  const auto right = items.subspan(middle);
  for (const auto half : {left, right}) {
    if (Status done = MergeSort(runtime, half, scratch.first(half.size()), reverse); !done) {
      return done;
    }
  }
  size_t l = 0;
  size_t r = 0;
  for (size_t out = 0; out < items.size(); ++out) {
    bool take_right = l == left.size();
    if (!take_right && r < right.size()) {
      Result<bool> less = reverse ? Less(runtime, left[l].key, right[r].key)
                                  : Less(runtime, right[r].key, left[l].key);
      if (!less) return Fail(less.error());
      take_right = *less;
    }
    scratch[out] = std::move(take_right ? right[r++] : left[l++]);
  }
  std::move(scratch.begin(), scratch.end(), items.begin());
  return {};
}

Result<std::vector<Keyed>> SortBy(Runtime& runtime, ValueList items, const SortKey& key,
                                  bool reverse, const Value& missing = Value()) {
  if (Status room = runtime.CheckRoom(4 * items.size() * sizeof(Value)); !room) {
    return Fail(room.error());
  }
  std::vector<Keyed> keyed;
  for (Value& item : items) {
    Result<Value> of_item = key.Of(runtime, item, missing);
    if (!of_item) return Fail(of_item.error());
    keyed.push_back({std::move(*of_item), std::move(item)});
  }
  std::vector<Keyed> scratch(keyed.size());
  if (Status done = MergeSort(runtime, keyed, scratch, reverse); !done) return Fail(done.error());
  return keyed;
}

Result<Value> Items(Runtime& runtime, std::vector<Keyed> keyed) {
  ValueList items;
  for (Keyed& entry : keyed) items.push_back(std::move(entry.item));
  return runtime.List(std::move(items));
}

Result<Value> Sort(Runtime& runtime, const Value& value, const Arguments& args) {
  Result<ValueList> items = Collect(runtime, value);
  if (!items) return Fail(items.error());
  const SortKey key(args.Or(2, Value()), true, args.Flag(1));
  Result<std::vector<Keyed>> sorted = SortBy(runtime, std::move(*items), key, args.Flag(0));
  if (!sorted) return Fail(sorted.error());
  return Items(runtime, std::move(*sorted));
}

Result<Value> DictSort(Runtime& runtime, const Value& value, const Arguments& args) {
  const std::string by = args.Has(1) && args[1].IsString() ? args[1].text() : "key";
  if (args.Has(1) && !args[1].IsString()) return Raise("dictsort sorts by 'key' or by 'value'");
  if (by != "key" && by != "value") return Raise("dictsort sorts by 'key' or by 'value'");
  if (value.IsUndefined()) return Raise(Rep::UndefinedMessage(value));
  if (!value.IsDict()) return Raise("dictsort wants a dict, not ", TypeName(value));
  ValueList pairs;
  for (const Dict::Entry& entry : value.dict().entries()) {
    Result<Value> pair = runtime.Tuple({entry.key, entry.value});
    if (!pair) return pair;
    pairs.push_back(std::move(*pair));
  }
  const SortKey key(Value(by == "key" ? 0 : 1), false, args.Flag(0));
  Result<std::vector<Keyed>> sorted = SortBy(runtime, std::move(pairs), key, args.Flag(2));
  if (!sorted) return Fail(sorted.error());
  return Items(runtime, std::move(*sorted));
}

Result<Value> GroupBy(Runtime& runtime, const Value& value, const Arguments& args) {
  Result<ValueList> items = Collect(runtime, value);
  if (!items) return Fail(items.error());
  const Value missing = args.Or(1, Value());
  const bool case_sensitive = args.Flag(2);
  const SortKey key(args[0], false, case_sensitive);
  Result<std::vector<Keyed>> sorted = SortBy(runtime, std::move(*items), key, false, missing);
  if (!sorted) return Fail(sorted.error());

  const SortKey shown_key(args[0], false, true);
  ValueList groups;
  for (size_t start = 0; start < sorted->size();) {
    ValueList members;
    size_t end = start;
    for (; end < sorted->size(); ++end) {
      Result<bool> same = Equals(runtime, (*sorted)[start].key, (*sorted)[end].key);
      if (!same) return Fail(same.error());
      if (!*same) break;
      members.push_back((*sorted)[end].item);
    }
    Result<Value> grouper = shown_key.Of(runtime, members[0], missing);
    if (!grouper) return grouper;
    Result<Value> list = runtime.List(std::move(members));
    if (!list) return list;
    groups.push_back(Rep::Group(std::move(*grouper), std::move(*list)));
    start = end;
  }
  return runtime.List(std::move(groups));
}

template <bool kMax>
Result<Value> Extreme(Runtime& runtime, const Value& value, const Arguments& args) {
  Result<std::shared_ptr<Iterator>> iterator = Iterate(value);
  if (!iterator) return Fail(iterator.error());
  const SortKey key(args.Or(1, Value()), false, args.Flag(0));
  std::optional<Keyed> best;
  while (true) {
    Result<std::optional<Value>> item = (*iterator)->Next(runtime);
    if (!item) return Fail(item.error());
    if (!*item) break;
    Result<Value> item_key = key.Of(runtime, **item);
    if (!item_key) return item_key;
    if (best) {
      Result<bool> better =
          kMax ? Less(runtime, best->key, *item_key) : Less(runtime, *item_key, best->key);
      if (!better) return Fail(better.error());
      if (!*better) continue;
    }
    best = Keyed{std::move(*item_key), std::move(**item)};
  }
  return best ? std::move(best->item) : Rep::Undefined("the sequence was empty");
}

Result<Value> Sum(Runtime& runtime, const Value& value, const Arguments& args) {
  Value sum = args.Or(1, Value(0));
  if (sum.IsString()) return Raise("sum cannot add up str");
  const AttributePath path(args.Or(0, Value()));
  Result<std::shared_ptr<Iterator>> iterator = Iterate(value);
  if (!iterator) return Fail(iterator.error());
  while (true) {
    Result<std::optional<Value>> item = (*iterator)->Next(runtime);
    if (!item) return Fail(item.error());
    if (!*item) return sum;
    Result<Value> part = path.Of(runtime, std::move(**item));
    if (!part) return part;
    Result<Value> next = Calculate(runtime, BinaryOp::kAdd, sum, *part);
    if (!next) return next;
    sum = std::move(*next);
  }
}

Result<Value> LengthFilter(Runtime& runtime, const Value& value, const Arguments&) {
  return Length(runtime, value);
}

Result<Value> First(Runtime& runtime, const Value& value, const Arguments&) {
  Result<std::shared_ptr<Iterator>> iterator = Iterate(value);
  if (!iterator) return Fail(iterator.error());
  Result<std::optional<Value>> item = (*iterator)->Next(runtime);
  if (!item) return Fail(item.error());
  return *item ? std::move(**item) : Rep::Undefined("the sequence was empty");
}

Result<Value> Last(Runtime& runtime, const Value& value, const Arguments&) {
  if (value.IsSequence() && !value.items().empty()) return value.items().back();
  Result<std::optional<ValueList>> items = Reversed(runtime, value);
  if (!items) return Fail(items.error());
  if (!*items) return Raise(TypeName(value), " has no last element");
  return (*items)->empty() ? Rep::Undefined("the sequence was empty") : (*items)->front();
}

Result<Value> List(Runtime& runtime, const Value& value, const Arguments&) {
  Result<ValueList> items = Collect(runtime, value);
  if (!items) return Fail(items.error());
  return runtime.List(std::move(*items));
}

constexpr Builtin kFilters[] = {
    {"length", "/", LengthFilter},
    {"count", "/", LengthFilter},
    {"first", "", First},
    {"last", "", Last},
    {"list", "", List},
    {"sort", "reverse? case_sensitive? attribute?", Sort},
    {"dictsort", "case_sensitive? by? reverse?", DictSort},
    {"groupby", "attribute default? case_sensitive?", GroupBy},
    {"min", "case_sensitive? attribute?", Extreme<false>},
    {"max", "case_sensitive? attribute?", Extreme<true>},
    {"sum", "attribute? start?", Sum},
};

}  // namespace

std::span<const Builtin> SequenceFilters() { return kFilters; }

}  // namespace ingle::jinja
