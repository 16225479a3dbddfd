#include "tokenizer/template/iterate.h"

#include <algorithm>

#include "tokenizer/template/text.h"

namespace ingle::jinja {
namespace {

class ItemIterator : public Iterator {
 public:
  explicit ItemIterator(Value sequence) : sequence_(std::move(sequence)) {}
  int depth() const override { return 1 + sequence_.depth(); }
  Result<std::optional<Value>> Advance(Runtime&) override {
    if (next_ == sequence_.items().size()) return std::nullopt;
    return sequence_.items()[next_++];
  }

 private:
  Value sequence_;
  size_t next_ = 0;
};

class OwnedIterator : public Iterator {
 public:
  explicit OwnedIterator(ValueList items) : items_(std::move(items)) {
    for (const Value& item : items_) depth_ = std::max(depth_, 1 + item.depth());
  }
  int depth() const override { return depth_; }
  uint64_t bytes() const override { return items_.size() * sizeof(Value); }
  Result<std::optional<Value>> Advance(Runtime&) override {
    if (next_ == items_.size()) return std::nullopt;
    return items_[next_++];
  }

 private:
  ValueList items_;
  size_t next_ = 0;
  int depth_ = 1;
};

class CharIterator : public Iterator {
 public:
  explicit CharIterator(Value text) : text_(std::move(text)), rest_(text_.text()) {}
  Result<std::optional<Value>> Advance(Runtime& runtime) override {
    if (rest_.empty()) return std::nullopt;
    Result<Value> c = runtime.String(std::string(TakeChar(rest_)));
    if (!c) return Fail(c.error());
    return std::move(*c);
  }

 private:
  Value text_;
  std::string_view rest_;
};

class DictIterator : public Iterator {
 public:
  DictIterator(Value dict, DictView::Part part) : dict_(std::move(dict)), part_(part) {}
  int depth() const override { return 1 + dict_.depth(); }
  Result<std::optional<Value>> Advance(Runtime& runtime) override {
    if (next_ == dict_.dict().size()) return std::nullopt;
    const Dict::Entry& entry = dict_.dict().entries()[next_++];
    if (part_ == DictView::Part::kKeys) return entry.key;
    if (part_ == DictView::Part::kValues) return entry.value;
    Result<Value> pair = runtime.Tuple({entry.key, entry.value});
    if (!pair) return Fail(pair.error());
    return std::move(*pair);
  }

 private:
  Value dict_;
  DictView::Part part_;
  size_t next_ = 0;
};

class RangeIterator : public Iterator {
 public:
  RangeIterator(int64_t start, int64_t step, int64_t count)
      : next_(start), step_(step), left_(count) {}
  Result<std::optional<Value>> Advance(Runtime&) override {
    if (left_ == 0) return std::nullopt;
    const int64_t value = next_;
    if (--left_ > 0) next_ += step_;
    return Value(value);
  }

 private:
  int64_t next_;
  int64_t step_;
  int64_t left_;
};

class NoIterator : public Iterator {
 public:
  Result<std::optional<Value>> Advance(Runtime&) override { return std::nullopt; }
};

// The positions that [start:stop:step] picks of a sequence of length elements.
struct Cut {
  int64_t start;
  int64_t stop;
  int64_t step;
  int64_t count;
};

Result<Cut> ResolveCut(int64_t length, const Value& start, const Value& stop, const Value& step) {
  const auto index = [](const Value& bound, int64_t missing) -> Result<int64_t> {
    if (bound.IsNone()) return missing;
    if (bound.kind() == Value::Kind::kBool) return int64_t{bound.bool_value()};
    if (bound.kind() == Value::Kind::kInt) return bound.int_value();
    return Raise("slice indices must be integers, not ", TypeName(bound));
  };
  Result<int64_t> by = index(step, 1);
  if (!by) return Fail(by.error());
  if (*by == 0) return Raise("slice step cannot be zero");
  *by = std::clamp<int64_t>(*by, -length - 1, length + 1);
  const bool forward = *by > 0;
  const int64_t lowest = forward ? 0 : -1;
  const int64_t highest = forward ? length : length - 1;

  Result<int64_t> from = index(start, forward ? INT64_MIN : INT64_MAX);
  Result<int64_t> to = index(stop, forward ? INT64_MAX : INT64_MIN);
  if (!from) return Fail(from.error());
  if (!to) return Fail(to.error());
  const auto place = [&](int64_t position, bool given) {
    if (given && position < 0) position += length;
    return std::clamp(position, lowest, highest);
  };
  const int64_t first = place(*from, !start.IsNone());
  const int64_t end = place(*to, !stop.IsNone());
  const int64_t span = forward ? end - first : first - end;
  const int64_t stride = forward ? *by : -*by;
  return Cut{first, end, *by, span <= 0 ? 0 : (span - 1) / stride + 1};
}

Result<Value> SliceText(Runtime& runtime, const Value& value, const Value& start, const Value& stop,
                        const Value& step) {
  const std::string& text = value.text();
  if (Status work = runtime.StepBytes(text.size()); !work) return Fail(work.error());
  Result<Cut> cut = ResolveCut(CountChars(text), start, stop, step);
  if (!cut) return Fail(cut.error());
  if (cut->step == 1) {
    const size_t from = OffsetOfChar(text, cut->start);
    const size_t size = OffsetOfChar(std::string_view(text).substr(from), cut->count);
    return runtime.String(text.substr(from, size), Rep::IsMarkup(value));
  }
  std::vector<std::string_view> chars;
  if (Status room = runtime.CheckRoom(text.size() * sizeof(std::string_view)); !room) {
    return Fail(room.error());
  }
  for (std::string_view rest = text; !rest.empty();) chars.push_back(TakeChar(rest));
  std::string out;
  for (int64_t i = 0; i < cut->count; ++i) {
    out += chars[static_cast<size_t>(cut->start + i * cut->step)];
  }
  return runtime.String(std::move(out), Rep::IsMarkup(value));
}

}  // namespace

Result<std::optional<Value>> Iterator::Next(Runtime& runtime) {
  if (Status step = runtime.Step(); !step) return Fail(step.error());
  return Advance(runtime);
}

std::shared_ptr<Iterator> Range::Iterate() {
  return std::make_shared<RangeIterator>(start_, step_, length_);
}

std::shared_ptr<Iterator> DictView::Iterate() {
  return std::make_shared<DictIterator>(dict_, part_);
}

std::shared_ptr<Iterator> IteratorOf(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kUndefined:
      return std::make_shared<NoIterator>();
    case Value::Kind::kString:
      return std::make_shared<CharIterator>(value);
    case Value::Kind::kList:
    case Value::Kind::kTuple:
      return std::make_shared<ItemIterator>(value);
    case Value::Kind::kDict:
      return std::make_shared<DictIterator>(value, DictView::Part::kKeys);
    case Value::Kind::kObject:
      return value.object().Iterate();
    default:
      return nullptr;
  }
}

Result<std::shared_ptr<Iterator>> Iterate(const Value& value) {
  std::shared_ptr<Iterator> iterator = IteratorOf(value);
  if (iterator == nullptr) return Raise(TypeName(value), " is not iterable");
  return iterator;
}

std::shared_ptr<Iterator> IteratorOver(ValueList items) {
  return std::make_shared<OwnedIterator>(std::move(items));
}

Result<ValueList> Collect(Runtime& runtime, const Value& value) {
  if (value.IsSequence()) {
    const uint64_t bytes = value.items().size() * sizeof(Value);
    if (Status room = runtime.CheckRoom(bytes); !room) return Fail(room.error());
    if (Status work = runtime.StepBytes(bytes); !work) return Fail(work.error());
    return value.items();
  }
  Result<std::shared_ptr<Iterator>> iterator = Iterate(value);
  if (!iterator) return Fail(iterator.error());
  ValueList items;
  while (true) {
    if (Status room = runtime.CheckRoom(items.size() * sizeof(Value)); !room) {
      return Fail(room.error());
    }
    Result<std::optional<Value>> item = (*iterator)->Next(runtime);
    if (!item) return Fail(item.error());
    if (!*item) return items;
    items.push_back(std::move(**item));
  }
}

std::optional<int64_t> LengthOf(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kUndefined:
      return 0;
    case Value::Kind::kString:
      return CountChars(value.text());
    case Value::Kind::kList:
    case Value::Kind::kTuple:
      return static_cast<int64_t>(value.items().size());
    case Value::Kind::kDict:
      return static_cast<int64_t>(value.dict().size());
    case Value::Kind::kObject:
      return value.object().length();
    default:
      return std::nullopt;
  }
}

Result<Value> Length(Runtime& runtime, const Value& value) {
  if (value.IsString()) {
    if (Status work = runtime.StepBytes(value.text().size()); !work) return Fail(work.error());
  }
  const std::optional<int64_t> length = LengthOf(value);
  if (!length) return Raise(TypeName(value), " has no length");
  return Value(*length);
}

Result<std::optional<ValueList>> Reversed(Runtime& runtime, const Value& value) {
  const bool reversible = LengthOf(value).has_value() && IteratorOf(value) != nullptr;
  if (!reversible) return std::nullopt;
  Result<ValueList> items = Collect(runtime, value);
  if (!items) return Fail(items.error());
  std::reverse(items->begin(), items->end());
  return std::move(*items);
}

Result<Value> SliceOf(Runtime& runtime, const Value& value, const Value& start, const Value& stop,
                      const Value& step) {
  if (value.IsUndefined()) return Raise(Rep::UndefinedMessage(value));
  if (value.IsString()) return SliceText(runtime, value, start, stop, step);
  const auto* range =
      value.kind() == Value::Kind::kObject ? dynamic_cast<const Range*>(&value.object()) : nullptr;
  if (!value.IsSequence() && range == nullptr) {
    return Raise(TypeName(value), " cannot be sliced");
  }
  Result<Cut> cut = ResolveCut(*LengthOf(value), start, stop, step);
  if (!cut) return Fail(cut.error());
  if (range != nullptr) {
    return runtime.Make<Range>(range->At(cut->start), range->At(cut->stop),
                               range->StepOf(cut->step), cut->count);
  }
  const uint64_t bytes = static_cast<uint64_t>(cut->count) * sizeof(Value);
  if (Status room = runtime.CheckRoom(bytes); !room) return Fail(room.error());
  ValueList picked;
  for (int64_t i = 0; i < cut->count; ++i) {
    picked.push_back(value.items()[static_cast<size_t>(cut->start + i * cut->step)]);
  }
  return value.kind() == Value::Kind::kTuple ? runtime.Tuple(std::move(picked))
                                             : runtime.List(std::move(picked));
}

}  // namespace ingle::jinja
