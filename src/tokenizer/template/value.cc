#include "tokenizer/template/value.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "tokenizer/template/object.h"
#include "tokenizer/template/value_rep.h"

namespace ingle::jinja {
namespace {

// Dicts of fewer entries are searched from front to back.
constexpr size_t kIndexedFrom = 12;

// A tuple may hold itself many times over, so only one that is small when written out is a key.
constexpr size_t kMaxTupleKeyText = 1 << 16;

template <class T>
using Shared = std::shared_ptr<const T>;

// One text for each class of equal keys. Returns false for what cannot be a key.
bool AppendKeyText(const Value& key, std::string& out) {
  switch (key.kind()) {
    case Value::Kind::kNone:
      out += 'N';
      return true;
    case Value::Kind::kBool:
      out += Cat('i', key.bool_value() ? 1 : 0, ';');
      return true;
    case Value::Kind::kInt:
      out += Cat('i', key.int_value(), ';');
      return true;
    case Value::Kind::kBigInt:
      out += Cat('i', key.text(), ';');
      return true;
    case Value::Kind::kFloat: {
      const double number = key.float_value();
      if (std::trunc(number) == number && std::abs(number) < 0x1p63) {
        out += Cat('i', static_cast<int64_t>(number), ';');
      } else {
        out += Cat('f', std::bit_cast<uint64_t>(number), ';');
      }
      return true;
    }
    case Value::Kind::kString:
      out += Cat('s', key.text().size(), ':', key.text());
      return true;
    case Value::Kind::kTuple:
      out += Cat('t', key.items().size(), ':');
      return std::all_of(key.items().begin(), key.items().end(), [&](const Value& item) {
        return out.size() <= kMaxTupleKeyText && AppendKeyText(item, out);
      });
    case Value::Kind::kUndefined:
      out += 'U';
      return true;
    case Value::Kind::kObject:
      out += Cat('o', Rep::Address(key), ';');
      return true;
    case Value::Kind::kList:
    case Value::Kind::kDict:
      return false;
  }
  return false;
}

std::string KeyText(const Value& key) {
  std::string text;
  AppendKeyText(key, text);
  return text;
}

int MaxDepth(const ValueList& items) {
  int depth = 0;
  for (const Value& item : items) depth = std::max(depth, item.depth());
  return depth;
}

}  // namespace

Charge::~Charge() {
  if (heap_ != nullptr) heap_->used_ -= bytes_;
}

Value::Value(std::string text) : Value(Rep::String(std::move(text), false, {})) {}
Value::Value(ValueList items) : Value(Rep::Sequence(std::move(items), false, {})) {}
Value::Value(Dict dict) : Value(Rep::Mapping(std::move(dict), {})) {}

Value Value::Map(std::initializer_list<std::pair<Value, Value>> entries) {
  Dict dict;
  for (const auto& [key, value] : entries) dict.Set(key, value);
  return Value(std::move(dict));
}

const std::string& Value::text() const { return Rep::Of<StringRep>(*this).text; }
const ValueList& Value::items() const { return Rep::Of<ListRep>(*this).items; }
const Dict& Value::dict() const { return Rep::Of<Dict>(*this); }

const Value* Value::Find(std::string_view key) const {
  return IsDict() ? dict().Find(key) : nullptr;
}

int Value::depth() const {
  switch (kind_) {
    case Kind::kList:
    case Kind::kTuple:
      return Rep::Of<ListRep>(*this).depth;
    case Kind::kDict:
      return dict().depth();
    case Kind::kObject:
      return object().depth();
    default:
      return 0;
  }
}

bool Dict::CanBeKey(const Value& key) {
  if (key.kind() == Value::Kind::kTuple) {
    std::string text;
    return AppendKeyText(key, text);
  }
  return key.kind() != Value::Kind::kList && key.kind() != Value::Kind::kDict;
}

const Value* Dict::Find(std::string_view key) const {
  if (!index_.empty()) return Find(Value(key));
  for (const Entry& entry : entries_) {
    if (entry.key.IsString() && entry.key.text() == key) return &entry.value;
  }
  return nullptr;
}

size_t Dict::IndexOf(const Value& key) const {
  if (!index_.empty()) {
    const auto found = index_.find(KeyText(key));
    return found == index_.end() ? entries_.size() : found->second;
  }
  const std::string text = key.IsString() ? "" : KeyText(key);
  const auto same = [&](const Entry& entry) {
    if (entry.key.IsString() != key.IsString()) return false;
    return key.IsString() ? entry.key.text() == key.text() : KeyText(entry.key) == text;
  };
  return std::find_if(entries_.begin(), entries_.end(), same) - entries_.begin();
}

const Value* Dict::Find(const Value& key) const {
  const size_t index = IndexOf(key);
  return index == entries_.size() ? nullptr : &entries_[index].value;
}

bool Dict::Set(Value key, Value value) {
  if (!CanBeKey(key)) return false;
  depth_ = std::max({depth_, 1 + key.depth(), 1 + value.depth()});
  const size_t index = IndexOf(key);
  if (index < entries_.size()) {
    entries_[index].value = std::move(value);
    return true;
  }
  if (!index_.empty()) index_.emplace(KeyText(key), entries_.size());
  entries_.push_back({std::move(key), std::move(value)});
  if (index_.empty() && entries_.size() >= kIndexedFrom) {
    for (size_t i = 0; i < entries_.size(); ++i) index_.emplace(KeyText(entries_[i].key), i);
  }
  return true;
}

Value Rep::String(std::string text, bool markup, Charge charge) {
  return Make<StringRep>(Value::Kind::kString, std::move(text), markup, std::move(charge));
}

Value Rep::BigInt(std::string digits) {
  return Make<StringRep>(Value::Kind::kBigInt, std::move(digits), false, Charge());
}

Value Rep::Sequence(ValueList items, bool tuple, Charge charge) {
  const int depth = 1 + MaxDepth(items);
  return Make<ListRep>(tuple ? Value::Kind::kTuple : Value::Kind::kList, std::move(items), depth,
                       false, std::move(charge));
}

Value Rep::Group(Value grouper, Value list) {
  ValueList pair = {std::move(grouper), std::move(list)};
  const int depth = 1 + MaxDepth(pair);
  return Make<ListRep>(Value::Kind::kTuple, std::move(pair), depth, true, Charge());
}

Value Rep::Mapping(Dict dict, Charge charge) {
  dict.charge_ = std::move(charge);
  return Make<Dict>(Value::Kind::kDict, std::move(dict));
}

Value Rep::Undefined(std::string message) {
  return Make<UndefinedRep>(Value::Kind::kUndefined, std::move(message));
}

Value Rep::Of(std::shared_ptr<Object> object) {
  return Value(Value::Kind::kObject, std::move(object));
}

}  // namespace ingle::jinja
