// Filters that Jinja wrote as generators: nothing happens, errors included, before their result is
// gone through, and that can be done once.
#include <algorithm>
#include <optional>
#include <utility>

#include "tokenizer/template/attribute_path.h"
#include "tokenizer/template/builtin.h"
#include "tokenizer/template/iterate.h"
#include "tokenizer/template/operators.h"

namespace ingle::jinja {
namespace {

int DepthOf(const CallArguments& arguments) {
  int depth = 0;
  for (const Value& value : arguments.positional) depth = std::max(depth, value.depth());
  for (const auto& [name, value] : arguments.named) depth = std::max(depth, value.depth());
  return depth;
}

// A generator over the elements of source. What a filter was called with is kept until it starts.
class LazyFilter : public Iterator {
 public:
  LazyFilter(Value source, CallArguments arguments)
      : source_(std::move(source)), arguments_(std::move(arguments)) {}

  int depth() const override { return 1 + std::max(source_.depth(), DepthOf(arguments_)); }
  uint64_t bytes() const override {
    return (arguments_.positional.size() + arguments_.named.size()) * 2 * sizeof(Value);
  }

 protected:
  Result<std::optional<Value>> Advance(Runtime& runtime) override {
    if (!started_) {
      started_ = true;
      Status done = Start(runtime);
      if (!done) return Fail(done.error());
    }
    if (elements_ == nullptr) return std::nullopt;
    Result<std::optional<Value>> next = Produce(runtime);
    if (!next || !*next) elements_ = nullptr;
    return next;
  }

  // Reads the arguments and calls Open. Leaves elements_ null for an empty result.
  virtual Status Start(Runtime& runtime) = 0;
  virtual Result<std::optional<Value>> Produce(Runtime& runtime) = 0;

  Status Open(const Value& value) {
    Result<std::shared_ptr<Iterator>> iterator = jinja::Iterate(value);
    if (!iterator) return Fail(iterator.error());
    elements_ = std::move(*iterator);
    return {};
  }

  Value source_;
  CallArguments arguments_;
  std::shared_ptr<Iterator> elements_;

 private:
  bool started_ = false;
};

// Takes an argument by name out of the list.
std::optional<Value> TakeNamed(CallArguments& arguments, std::string_view name) {
  for (auto it = arguments.named.begin(); it != arguments.named.end(); ++it) {
    if (it->first != name) continue;
    Value value = std::move(it->second);
    arguments.named.erase(it);
    return value;
  }
  return std::nullopt;
}

std::optional<Value> TakeFirst(CallArguments& arguments) {
  if (arguments.positional.empty()) return std::nullopt;
  Value value = std::move(arguments.positional.front());
  arguments.positional.erase(arguments.positional.begin());
  return value;
}

using Finder = const Builtin* (*)(std::string_view);

Result<const Builtin*> Named(Finder find, std::string_view kind, const Value& name) {
  const Builtin* row = name.IsString() ? find(name.text()) : nullptr;
  if (row == nullptr)
    return Raise("no ", kind, " named ", name.IsString() ? Quote(name.text()) : "so");
  return row;
}

// map('filter', ...) and map(attribute='...', default=...)
class Map : public LazyFilter {
 public:
  using LazyFilter::LazyFilter;

 protected:
  Status Start(Runtime&) override {
    if (!Truth(source_)) return {};
    std::optional<Value> attribute;
    if (arguments_.positional.empty()) attribute = TakeNamed(arguments_, "attribute");
    if (attribute) {
      missing_ = TakeNamed(arguments_, "default").value_or(Value());
      if (!arguments_.named.empty()) return Raise("map() takes attribute and default only");
      path_ = AttributePath(*attribute);
      return Open(source_);
    }
    const std::optional<Value> name = TakeFirst(arguments_);
    if (!name) return Raise("map() wants the name of a filter");
    name_ = *name;
    return Open(source_);
  }

  Result<std::optional<Value>> Produce(Runtime& runtime) override {
    Result<std::optional<Value>> item = elements_->Next(runtime);
    if (!item || !*item) return item;
    Result<Value> mapped = Value();
    if (name_.IsNone()) {
      mapped = path_.Of(runtime, std::move(**item), missing_);
    } else {
      Result<const Builtin*> filter = Named(FindFilter, "filter", name_);
      if (!filter) return Fail(filter.error());
      mapped = CallBuiltin(runtime, **filter, **item, arguments_);
    }
    if (!mapped) return Fail(mapped.error());
    return std::move(*mapped);
  }

 private:
  Value name_;  // None: map by path
  AttributePath path_;
  Value missing_;
};

// select, reject, selectattr, rejectattr
template <bool kWanted, bool kByAttribute>
class Select : public LazyFilter {
 public:
  using LazyFilter::LazyFilter;

 protected:
  Status Start(Runtime&) override {
    if (!Truth(source_)) return {};
    if (kByAttribute) {
      const std::optional<Value> attribute = TakeFirst(arguments_);
      if (!attribute) return Raise("selectattr and rejectattr want the name of an attribute");
      path_ = AttributePath(*attribute);
    }
    test_ = TakeFirst(arguments_);
    return Open(source_);
  }

  Result<std::optional<Value>> Produce(Runtime& runtime) override {
    while (true) {
      Result<std::optional<Value>> item = elements_->Next(runtime);
      if (!item || !*item) return item;
      Result<Value> looked_at = path_.Of(runtime, **item);
      if (looked_at && test_) {
        Result<const Builtin*> test = Named(FindTest, "test", *test_);
        if (!test) return Fail(test.error());
        looked_at = CallBuiltin(runtime, **test, *looked_at, arguments_);
      }
      if (!looked_at) return Fail(looked_at.error());
      if (Truth(*looked_at) == kWanted) return item;
    }
  }

 private:
  AttributePath path_;
  std::optional<Value> test_;
};

class Unique : public LazyFilter {
 public:
  using LazyFilter::LazyFilter;

 protected:
  Status Start(Runtime&) override {
    Result<Arguments> args = Arguments::Bind("unique", "case_sensitive? attribute?", arguments_);
    if (!args) return Fail(args.error());
    case_sensitive_ = args->Flag(0);
    path_ = AttributePath(args->Or(1, Value()));
    return Open(source_);
  }

  Result<std::optional<Value>> Produce(Runtime& runtime) override {
    while (true) {
      Result<std::optional<Value>> item = elements_->Next(runtime);
      if (!item || !*item) return item;
      Result<Value> key = path_.Of(runtime, **item);
      if (key && !case_sensitive_) key = IgnoreCase(runtime, *key);
      if (!key) return Fail(key.error());
      const size_t before = seen_.size();
      if (!seen_.Set(*key, Value()))
        return Raise(TypeName(*key), " cannot be told apart by unique");
      if (seen_.size() == before) continue;
      if (Status room = runtime.CheckRoom(before * 128); !room) return Fail(room.error());
      return item;
    }
  }

 private:
  AttributePath path_;
  bool case_sensitive_ = false;
  Dict seen_;
};

class ItemPairs : public LazyFilter {
 public:
  using LazyFilter::LazyFilter;

 protected:
  Status Start(Runtime& runtime) override {
    if (source_.IsUndefined()) return {};
    if (!source_.IsDict()) return Raise("items wants a dict, not ", TypeName(source_));
    Result<Value> view = runtime.Make<DictView>(source_, DictView::Part::kItems);
    if (!view) return Fail(view.error());
    return Open(*view);
  }

  Result<std::optional<Value>> Produce(Runtime& runtime) override {
    return elements_->Next(runtime);
  }
};

// Lists of linecount elements, the last one filled up.
class Batch : public LazyFilter {
 public:
  using LazyFilter::LazyFilter;

 protected:
  Status Start(Runtime&) override {
    Result<Arguments> args = Arguments::Bind("batch", "linecount fill_with?", arguments_);
    if (!args) return Fail(args.error());
    Result<int64_t> size = args->Int(0);
    if (!size) return Fail(size.error());
    size_ = *size;
    fill_ = args->Or(1, Value());
    return Open(source_);
  }

  Result<std::optional<Value>> Produce(Runtime& runtime) override {
    ValueList row = std::exchange(carried_, {});
    while (true) {
      Result<std::optional<Value>> item = elements_->Next(runtime);
      if (!item) return item;
      if (!*item) break;
      if (static_cast<int64_t>(row.size()) == size_) {
        carried_ = {std::move(**item)};
        return Row(runtime, std::move(row));
      }
      row.push_back(std::move(**item));
    }
    if (row.empty()) return std::nullopt;
    const auto filled = static_cast<uint64_t>(std::max<int64_t>(size_, 0));
    if (!fill_.IsNone() && row.size() < filled) {
      if (filled > UINT32_MAX) return Fail(runtime.CheckRoom(UINT64_MAX).error());
      if (Status room = runtime.CheckRoom(filled * sizeof(Value)); !room) return Fail(room.error());
      row.resize(filled, fill_);
    }
    return Row(runtime, std::move(row));
  }

 private:
  Result<std::optional<Value>> Row(Runtime& runtime, ValueList row) {
    Result<Value> list = runtime.List(std::move(row));
    if (!list) return Fail(list.error());
    return std::move(*list);
  }

  int64_t size_ = 0;
  Value fill_;
  ValueList carried_;
};

// So many lists of about equal length.
class Slice : public LazyFilter {
 public:
  using LazyFilter::LazyFilter;

 protected:
  Status Start(Runtime& runtime) override {
    Result<Arguments> args = Arguments::Bind("slice", "slices fill_with?", arguments_);
    if (!args) return Fail(args.error());
    Result<int64_t> slices = args->Int(0);
    if (!slices) return Fail(slices.error());
    Result<ValueList> items = Collect(runtime, source_);
    if (!items) return Fail(items.error());
    if (*slices == 0) return Raise("slice into no parts");
    slices_ = *slices;
    fill_ = args->Or(1, Value());
    items_ = std::move(*items);
    elements_ = IteratorOver({});
    return {};
  }

  Result<std::optional<Value>> Produce(Runtime& runtime) override {
    if (made_ >= slices_) return std::nullopt;
    const auto count = static_cast<int64_t>(items_.size());
    const bool longer = made_ < count % slices_;
    const int64_t length = count / slices_ + (longer ? 1 : 0);
    const auto first = items_.begin() + taken_;
    ValueList part(first, first + length);
    taken_ += length;
    if (!fill_.IsNone() && !longer) part.push_back(fill_);
    ++made_;
    Result<Value> list = runtime.List(std::move(part));
    if (!list) return Fail(list.error());
    return std::move(*list);
  }

 private:
  int64_t slices_ = 0;
  int64_t made_ = 0;
  int64_t taken_ = 0;
  Value fill_;
  ValueList items_;
};

template <class Filter>
Result<Value> Lazy(Runtime& runtime, const Value& value, const Arguments& args) {
  return runtime.Make<Filter>(value, args.all());
}

// Sequences give an iterator, text gives text, and generators a list.
Result<Value> Reverse(Runtime& runtime, const Value& value, const Arguments&) {
  if (value.IsString()) return SliceOf(runtime, value, Value(), Value(), Value(-1));
  Result<std::optional<ValueList>> reversed = Reversed(runtime, value);
  if (!reversed) return Fail(reversed.error());
  if (*reversed) return runtime.Adopt(IteratorOver(std::move(**reversed)));
  Result<ValueList> items = Collect(runtime, value);
  if (!items) return Fail(items.error());
  std::reverse(items->begin(), items->end());
  return runtime.List(std::move(*items));
}

constexpr Builtin kFilters[] = {
    {"map", "*", Lazy<Map>},
    {"select", "*", Lazy<Select<true, false>>},
    {"reject", "*", Lazy<Select<false, false>>},
    {"selectattr", "*", Lazy<Select<true, true>>},
    {"rejectattr", "*", Lazy<Select<false, true>>},
    {"unique", "*", Lazy<Unique>},
    {"items", "*", Lazy<ItemPairs>},
    {"batch", "*", Lazy<Batch>},
    {"slice", "*", Lazy<Slice>},
    {"reverse", "", Reverse},
};

}  // namespace

std::span<const Builtin> LazyFilters() { return kFilters; }

}  // namespace ingle::jinja
