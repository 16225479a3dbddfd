// The state of one render that every operation may need: its limits, and where in the template it
// is. All values that a template makes are made here, where they are counted.
#pragma once

#include <algorithm>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tokenizer/template/chat_template.h"
#include "tokenizer/template/object.h"
#include "tokenizer/template/text_sink.h"
#include "tokenizer/template/value.h"
#include "tokenizer/template/value_rep.h"

namespace ingle::jinja {

// What Jinja2 or Python would raise.
template <class... Parts>
tl::unexpected<Error> Raise(const Parts&... parts) {
  return Fail(ErrorCode::kInvalidArgument, parts...);
}

class Runtime {
 public:
  // out: for the template's text; must outlive the runtime.
  Runtime(const TemplateLimits& limits, const std::tm& now, TextSink* out);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  int line = 0;  // of the template, where it is being worked on
  const std::tm& now() const { return now_; }

  // Counts work; fails when the render has had its share.
  Status Step(uint64_t count = 1);
  // Work that is proportional to bytes looked at.
  Status StepBytes(uint64_t bytes) { return Step(1 + bytes / 64); }
  // A search for all places of one text in another, at its worst.
  Status StepSearch(uint64_t text_bytes, uint64_t sought_bytes) {
    return Step(1 + text_bytes / 64 * (1 + sought_bytes / 64));
  }

  // Fails when values of so many bytes more would pass the memory limit.
  Status CheckRoom(uint64_t bytes) const;
  // For text that becomes one value: it can grow to what memory is left.
  TextSink NewSink() const { return TextSink(room()); }

  Result<Value> String(std::string text, bool markup = false);
  Result<Value> String(TextSink sink, bool markup = false);
  Result<Value> List(ValueList items);
  Result<Value> Tuple(ValueList items);
  Result<Value> Mapping(Dict dict);

  // Counts an object and makes it a value.
  Result<Value> Adopt(std::shared_ptr<Object> object);
  template <class T, class... Parts>
  Result<Value> Make(Parts&&... parts) {
    return Adopt(std::make_shared<T>(std::forward<Parts>(parts)...));
  }

  // Empties the object when the render ends.
  Status Keep(std::shared_ptr<Mutable> object);

  // Writes to where the template's text goes at present; fails when that may grow no more.
  Status Write(std::string_view text);
  Status WriteStr(const Value& value);

  // Depth of the C++ stack, in nodes being evaluated. Returns false when it may not go deeper.
  bool Enter() { return ++nodes_deep_ <= kMaxNodesDeep; }
  void Leave() { --nodes_deep_; }
  Error NestsTooDeep() const;

 private:
  static constexpr int kMaxNodesDeep = 1000;

  Result<Value> Sequence(ValueList items, bool tuple);
  friend class CallLevel;
  friend class Capture;
  Status AfterWrite(size_t size_before);
  Error TooDeep() const;
  uint64_t room() const { return heap_.room() - std::min(suspended_, heap_.room()); }

  struct Kept {
    std::shared_ptr<Mutable> object;
    Charge charge;
  };

  TemplateLimits limits_;
  std::tm now_;
  Heap heap_;
  uint64_t steps_ = 0;
  int nodes_deep_ = 0;
  int calls_deep_ = 0;
  TextSink* out_;
  uint64_t suspended_ = 0;  // bytes in the sinks that wait for a capture to end
  std::vector<Kept> kept_;
};

// While it lives, the template's text goes here instead: the body of a macro, a {% set %} ...
class Capture {
 public:
  explicit Capture(Runtime& runtime);
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  std::string Take() { return inside_.Take(); }

 private:
  Runtime& runtime_;
  TextSink* outside_;
  uint64_t outside_bytes_;
  TextSink inside_;
};

// Holds one level of Runtime's depth.
class Nesting {
 public:
  explicit Nesting(Runtime& runtime) : runtime_(runtime), allowed_(runtime.Enter()) {}
  ~Nesting() { runtime_.Leave(); }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

  bool allowed() const { return allowed_; }

 private:
  Runtime& runtime_;
  bool allowed_;
};

// Holds one level of calls: macros and recursive loops inside each other.
class CallLevel {
 public:
  explicit CallLevel(Runtime& runtime) : runtime_(runtime) { ++runtime_.calls_deep_; }
  ~CallLevel() { --runtime_.calls_deep_; }
  CallLevel(const CallLevel&) = delete;
  CallLevel& operator=(const CallLevel&) = delete;
  bool allowed() const { return runtime_.calls_deep_ <= runtime_.limits_.recursion; }

 private:
  Runtime& runtime_;
};

}  // namespace ingle::jinja
