// Values that do something: functions, macros, namespaces, iterators, dict views.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tokenizer/template/text_sink.h"
#include "tokenizer/template/value.h"

namespace ingle::jinja {

class Iterator;
class Runtime;

struct CallArguments {
  ValueList positional;
  std::vector<std::pair<std::string, Value>> named;
};

// What a value can do that is no plain data. The defaults refuse, as Python does for a type without
// the method.
class Object {
 public:
  virtual ~Object() = default;

  virtual std::string_view type_name() const = 0;
  virtual int depth() const { return 0; }                 // see Value::depth
  virtual uint64_t bytes() const { return 0; }            // roughly, of what it holds beside itself
  virtual void Describe(TextSink& out, int depth) const;  // repr()

  virtual bool callable() const { return false; }
  virtual Result<Value> Call(Runtime& runtime, const CallArguments& arguments);

  // obj.name; nullopt where there is no such attribute.
  virtual Result<std::optional<Value>> Attribute(Runtime& runtime, std::string_view name);

  // obj[index] of a sequence, index counted from the front; REQUIRES: 0 <= index < length().
  virtual Result<Value> ItemAt(Runtime& runtime, int64_t index) const;
  virtual bool is_sequence() const { return false; }

  virtual std::optional<int64_t> length() const { return std::nullopt; }
  virtual bool truth() const { return length().value_or(1) != 0; }

  // Null where the object cannot be iterated over.
  virtual std::shared_ptr<Iterator> Iterate() { return nullptr; }

  Charge charge;  // set by Runtime::Adopt
};

// Goes over something once, lazily. Also what generators are: map, select and their like.
class Iterator : public Object, public std::enable_shared_from_this<Iterator> {
 public:
  std::string_view type_name() const override { return "generator"; }
  std::shared_ptr<Iterator> Iterate() override { return shared_from_this(); }

  // nullopt at the end, and ever after. Counts a step.
  Result<std::optional<Value>> Next(Runtime& runtime);

 protected:
  virtual Result<std::optional<Value>> Advance(Runtime& runtime) = 0;
};

// Mutable objects can hold each other in a circle, which counted references never free. The
// runtime keeps them all and empties them when the render ends.
class Mutable {
 public:
  virtual ~Mutable() = default;
  virtual void Clear() = 0;
};

// namespace(...): the one thing that {% set x.y = ... %} can change.
class Namespace : public Object, public Mutable {
 public:
  explicit Namespace(Dict attributes) : attributes_(std::move(attributes)) {}

  std::string_view type_name() const override { return "Namespace"; }
  uint64_t bytes() const override { return attributes_.size() * 2 * sizeof(Dict::Entry); }
  void Describe(TextSink& out, int depth) const override;
  Result<std::optional<Value>> Attribute(Runtime& runtime, std::string_view name) override;
  void Set(std::string_view name, Value value) { attributes_.Set(Value(name), std::move(value)); }
  void Clear() override { attributes_ = Dict(); }

 private:
  Dict attributes_;
};

// The result of range(): a sequence that is not stored.
class Range : public Object {
 public:
  Range(int64_t start, int64_t stop, int64_t step, int64_t length)
      : start_(start), stop_(stop), step_(step), length_(length) {}

  // What a distance of so many indices is worth, and the number at an index, which may be one past
  // either end. Both wrap where they are beyond 64 bits, which only a range of no use reaches.
  int64_t StepOf(int64_t indices) const {
    return static_cast<int64_t>(static_cast<uint64_t>(indices) * static_cast<uint64_t>(step_));
  }
  int64_t At(int64_t index) const {
    return static_cast<int64_t>(static_cast<uint64_t>(start_) +
                                static_cast<uint64_t>(StepOf(index)));
  }

  std::string_view type_name() const override { return "range"; }
  void Describe(TextSink& out, int depth) const override;
  bool is_sequence() const override { return true; }
  std::optional<int64_t> length() const override { return length_; }
  Result<Value> ItemAt(Runtime& runtime, int64_t index) const override;
  std::shared_ptr<Iterator> Iterate() override;

 private:
  int64_t start_;
  int64_t stop_;
  int64_t step_;
  int64_t length_;
};

// dict.keys(), dict.values(), dict.items()
class DictView : public Object {
 public:
  enum class Part { kKeys, kValues, kItems };
  DictView(Value dict, Part part) : dict_(std::move(dict)), part_(part) {}

  std::string_view type_name() const override;
  int depth() const override { return 1 + dict_.depth(); }
  void Describe(TextSink& out, int depth) const override;
  std::optional<int64_t> length() const override;
  std::shared_ptr<Iterator> Iterate() override;

 private:
  Value dict_;
  Part part_;
};

// The name of a value's Python type, for messages: "str", "NoneType", "dict" ...
std::string_view TypeName(const Value& value);

}  // namespace ingle::jinja
