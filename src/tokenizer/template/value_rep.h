// What a Value's handle points to, and how the interpreter makes values. Only template/ includes
// it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "tokenizer/template/value.h"

namespace ingle::jinja {

// Counts the bytes of the values that one render keeps alive. Values made from a heap must not
// outlive it. Not thread-safe: a render has one thread.
class Heap {
 public:
  explicit Heap(uint64_t limit) : limit_(limit) {}

  uint64_t room() const { return limit_ - used_; }

  // REQUIRES: bytes <= room().
  Charge Take(uint64_t bytes) {
    used_ += bytes;
    return Charge(this, bytes);
  }

 private:
  friend class Charge;
  uint64_t used_ = 0;
  uint64_t limit_;
};

struct StringRep {
  std::string text;
  bool markup;  // escaped for HTML: Jinja's Markup, what |safe and |escape give
  Charge charge;
};

struct ListRep {
  ValueList items;
  int depth;
  bool group;  // a pair that |groupby made, whose elements have names
  Charge charge;
};

// Jinja's Undefined. message says what was missing, for the operation that cannot bear it.
struct UndefinedRep {
  std::string message;
};

// Makes values of kinds that have no public constructor.
struct Rep {
  static Value String(std::string text, bool markup, Charge charge);
  static Value BigInt(std::string digits);
  static Value Sequence(ValueList items, bool tuple, Charge charge);
  static Value Group(Value grouper, Value list);
  static Value Mapping(Dict dict, Charge charge);
  static Value Undefined(std::string message);
  static Value Of(std::shared_ptr<Object> object);

  template <class T>
  static const T& Of(const Value& value) {
    return *static_cast<const T*>(value.shared_.get());
  }
  static bool IsMarkup(const Value& value) {
    return value.IsString() && Of<StringRep>(value).markup;
  }
  static bool IsGroup(const Value& value) {
    return value.kind() == Value::Kind::kTuple && Of<ListRep>(value).group;
  }
  static const std::string& UndefinedMessage(const Value& value) {  // REQUIRES: kUndefined
    return Of<UndefinedRep>(value).message;
  }
  // Of what is shared; null for a scalar.
  static const void* Address(const Value& value) { return value.shared_.get(); }

 private:
  template <class T, class... Parts>
  static Value Make(Value::Kind kind, Parts&&... parts) {
    return Value(kind, std::make_shared<T>(T{std::forward<Parts>(parts)...}));
  }
};

}  // namespace ingle::jinja
