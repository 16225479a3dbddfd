// What a chat template computes with: Python's values, as far as Jinja2 shows them.
//
// The graph of a model has a Value too, hence the namespace of its own.
//
// A Value is a handle. Copying one shares what it holds, and what it holds never changes, except
// for the template's own mutable objects (object.h). So values may be read from any thread, and one
// conversation can be rendered by many threads at once.
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"

namespace ingle::jinja {

class Dict;
class Heap;
class Object;
class Value;

using ValueList = std::vector<Value>;

class Value {
 public:
  enum class Kind {
    kUndefined,  // a variable or attribute that is not there
    kNone,
    kBool,
    kInt,
    kBigInt,  // an integer beyond 64 bits, as JSON may hold: it is shown and passed on, not
              // computed
    kFloat,
    kString,  // UTF-8
    kList,
    kTuple,
    kDict,    // insertion-ordered
    kObject,  // functions, macros, namespaces, iterators, dict views
  };

  Value() = default;  // None
  Value(bool value) : kind_(Kind::kBool), bits_(value ? 1 : 0) {}
  Value(int value) : kind_(Kind::kInt), bits_(value) {}
  Value(int64_t value) : kind_(Kind::kInt), bits_(value) {}
  Value(double value) : kind_(Kind::kFloat), bits_(std::bit_cast<int64_t>(value)) {}
  Value(std::string text);
  Value(std::string_view text) : Value(std::string(text)) {}
  Value(const char* text) : Value(std::string(text)) {}
  Value(ValueList items);
  Value(Dict dict);
  Value(const void*) = delete;  // a pointer is not a bool

  // Value::Map({{"role", "user"}, {"content", text}})
  static Value Map(std::initializer_list<std::pair<Value, Value>> entries);

  Kind kind() const { return kind_; }
  bool IsUndefined() const { return kind_ == Kind::kUndefined; }
  bool IsNone() const { return kind_ == Kind::kNone; }
  bool IsString() const { return kind_ == Kind::kString; }
  bool IsDict() const { return kind_ == Kind::kDict; }
  bool IsSequence() const { return kind_ == Kind::kList || kind_ == Kind::kTuple; }

  // REQUIRES: the kind named; what they refer to lives as long as a Value that shares it.
  bool bool_value() const { return bits_ != 0; }
  int64_t int_value() const { return bits_; }
  double float_value() const { return std::bit_cast<double>(bits_); }
  const std::string& text() const;  // kString; kBigInt in decimal
  const ValueList& items() const;   // kList, kTuple
  const Dict& dict() const;
  Object& object() const { return *static_cast<Object*>(shared_.get()); }

  // The entry of a dict under a string key; null when this is no dict or has no such key.
  const Value* Find(std::string_view key) const;

  // How deep containers nest: 0 for a scalar.
  int depth() const;

 private:
  friend struct Rep;  // value_rep.h
  Value(Kind kind, std::shared_ptr<void> shared) : kind_(kind), shared_(std::move(shared)) {}

  Kind kind_ = Kind::kNone;
  int64_t bits_ = 0;              // of a bool, an int or a float
  std::shared_ptr<void> shared_;  // of what the kind says: StringRep, ListRep, Dict, Object ...
};

// What Heap counted for a value, given back when the value dies. A copy has not been counted.
class Charge {
 public:
  Charge() = default;
  Charge(Heap* heap, uint64_t bytes) : heap_(heap), bytes_(bytes) {}
  Charge(const Charge&) {}
  Charge(Charge&& other) noexcept
      : heap_(std::exchange(other.heap_, nullptr)), bytes_(other.bytes_) {}
  Charge& operator=(Charge other) noexcept {
    std::swap(heap_, other.heap_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Charge();

 private:
  Heap* heap_ = nullptr;
  uint64_t bytes_ = 0;
};

// A Python dict: keys in the order in which they first came; 1, 1.0 and True are one key.
class Dict {
 public:
  struct Entry {
    Value key;
    Value value;
  };

  const std::vector<Entry>& entries() const { return entries_; }
  size_t size() const { return entries_.size(); }
  int depth() const { return depth_; }

  const Value* Find(std::string_view key) const;
  const Value* Find(const Value& key) const;

  // Adds the entry, or replaces its value. False where the key is of a kind that cannot be one.
  bool Set(Value key, Value value);

  // Lists, dicts and tuples that hold one cannot be keys, nor can huge tuples.
  static bool CanBeKey(const Value& key);

 private:
  friend struct Rep;
  size_t IndexOf(const Value& key) const;

  std::vector<Entry> entries_;
  std::unordered_map<std::string, size_t> index_;  // by KeyText; only where entries are many
  int depth_ = 1;
  Charge charge_;
};

// Deeper JSON is refused, and so is a template that builds deeper values.
constexpr int kMaxValueDepth = 200;

// Strict JSON (RFC 8259), UTF-8, keeping the order of keys. Of a key that comes twice the last
// value wins, at the first one's place, as in Python. An unpaired \u surrogate becomes U+FFFD.
// Fails with kCorrupt, naming line and column, or kTooLarge beyond kMaxValueDepth.
Result<Value> ParseJson(std::string_view text);

// One line, as Python's json.dumps(value, ensure_ascii=False) writes it: ", " and ": " between.
// Fails with kInvalidArgument where the value holds something that JSON has no form for.
Result<std::string> ToJson(const Value& value);

}  // namespace ingle::jinja

namespace ingle {

using jinja::Dict;
using jinja::ParseJson;
using jinja::ToJson;
using jinja::Value;
using jinja::ValueList;

}  // namespace ingle
