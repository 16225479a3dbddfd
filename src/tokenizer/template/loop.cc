// {% for %} and the loop variable.
#include <memory>
#include <optional>
#include <utility>

#include "tokenizer/template/iterate.h"
#include "tokenizer/template/nodes.h"

namespace ingle::jinja {
namespace {

// What "loop" is within a loop. It looks one element ahead only when asked for last or nextitem,
// and gathers the rest of a generator only when asked for a length.
class Loop : public Object, public std::enable_shared_from_this<Loop> {
 public:
  Loop(const ForNode& node, const Frame& frame, std::shared_ptr<Iterator> elements,
       std::optional<int64_t> length, int64_t depth)
      : node_(node),
        globals_(frame.globals),
        scope_(frame.scope),
        elements_(std::move(elements)),
        length_(length),
        depth_(depth) {}

  std::string_view type_name() const override { return "LoopContext"; }
  bool callable() const override { return true; }
  Result<Value> Call(Runtime& runtime, const CallArguments& arguments) override;
  Result<std::optional<Value>> Attribute(Runtime& runtime, std::string_view name) override;

  // The next element; nullopt after the last.
  Result<std::optional<Value>> Step(Runtime& runtime) {
    Result<std::optional<Value>> next = Peek(runtime);
    if (!next || !*next) return next;
    peeked_ = false;
    ++index_;
    before_ = std::exchange(current_, **next);
    return next;
  }

  // The template may keep the loop variable, but what it holds ends with the loop, so that it
  // cannot hold itself.
  void End() {
    elements_ = nullptr;
    scope_ = nullptr;
    current_ = before_ = changed_ = Value();
    ahead_ = std::nullopt;
  }

  Value Cycle(const ValueList& items) const {
    return items[static_cast<size_t>(index_) % items.size()];
  }
  Result<bool> Changed(Runtime& runtime, const ValueList& values) {
    Value now = Rep::Sequence(values, true, {});
    if (!first_changed_) {
      Result<bool> same = Equals(runtime, changed_, now);
      if (!same || *same) return same ? Result<bool>(false) : same;
    }
    first_changed_ = false;
    changed_ = std::move(now);
    return true;
  }

 private:
  Result<std::optional<Value>> Peek(Runtime& runtime) {
    if (peeked_ || elements_ == nullptr) return ahead_;
    Result<std::optional<Value>> next = elements_->Next(runtime);
    if (!next) return next;
    ahead_ = std::move(*next);
    peeked_ = true;
    return ahead_;
  }

  Result<int64_t> Length(Runtime& runtime) {
    if (length_ || elements_ == nullptr) return length_.value_or(0);
    Result<ValueList> rest = Collect(runtime, Rep::Of(elements_));
    if (!rest) return Fail(rest.error());
    const bool one_ahead = peeked_ && ahead_;
    length_ = static_cast<int64_t>(rest->size()) + index_ + 1 + (one_ahead ? 1 : 0);
    elements_ = IteratorOver(std::move(*rest));
    return *length_;
  }

  const ForNode& node_;
  const std::vector<Value>& globals_;
  std::shared_ptr<Scope> scope_;  // around the loop
  std::shared_ptr<Iterator> elements_;
  std::optional<int64_t> length_;
  int64_t depth_;
  int64_t index_ = -1;
  Value current_;
  Value before_;
  std::optional<Value> ahead_;
  bool peeked_ = false;  // ahead_ is what elements_ gave last
  Value changed_;
  bool first_changed_ = true;
};

Loop& AsLoop(const Value& self) { return static_cast<Loop&>(self.object()); }

Result<Value> LoopCycle(Runtime&, const Value& self, const Arguments& args) {
  if (!args.all().named.empty()) return Raise("loop.cycle() takes no named arguments");
  if (args.all().positional.empty()) return Raise("loop.cycle() wants something to cycle through");
  return AsLoop(self).Cycle(args.all().positional);
}

Result<Value> LoopChanged(Runtime& runtime, const Value& self, const Arguments& args) {
  if (!args.all().named.empty()) return Raise("loop.changed() takes no named arguments");
  Result<bool> changed = AsLoop(self).Changed(runtime, args.all().positional);
  if (!changed) return Fail(changed.error());
  return Value(*changed);
}

constexpr Builtin kLoopMethods[] = {
    {"cycle", "*", LoopCycle},
    {"changed", "*", LoopChanged},
};

Result<std::optional<Value>> Loop::Attribute(Runtime& runtime, std::string_view name) {
  if (name == "index") return Value(index_ + 1);
  if (name == "index0") return Value(index_);
  if (name == "first") return Value(index_ == 0);
  if (name == "depth") return Value(depth_ + 1);
  if (name == "depth0") return Value(depth_);
  if (name == "previtem") {
    return index_ == 0 ? Rep::Undefined("there is no previous item") : before_;
  }
  if (name == "last" || name == "nextitem") {
    Result<std::optional<Value>> next = Peek(runtime);
    if (!next) return Fail(next.error());
    if (name == "last") return Value(!*next);
    return *next ? **next : Rep::Undefined("there is no next item");
  }
  if (name == "length" || name == "revindex" || name == "revindex0") {
    Result<int64_t> length = Length(runtime);
    if (!length) return Fail(length.error());
    return Value(*length - (name == "length" ? 0 : name == "revindex" ? index_ : index_ + 1));
  }
  const Builtin* method = FindBuiltin(kLoopMethods, name);
  if (method == nullptr) return std::nullopt;
  Result<Value> bound = runtime.Make<BoundBuiltin>(method, Rep::Of(shared_from_this()));
  if (!bound) return Fail(bound.error());
  return std::move(*bound);
}

// loop(children): the same loop again, one level deeper, its text as the result.
Result<Value> Loop::Call(Runtime& runtime, const CallArguments& arguments) {
  if (!node_.recursive) return Raise("a loop that calls itself must be marked recursive");
  if (scope_ == nullptr) return Raise("the loop has ended");
  if (arguments.positional.size() != 1 || !arguments.named.empty()) {
    return Raise("loop() takes one argument");
  }
  const CallLevel level(runtime);
  if (!level.allowed()) return Fail(runtime.NestsTooDeep());
  std::string text;
  {
    Capture capture(runtime);
    Frame frame = {runtime, globals_, scope_};
    Result<Flow> flow = node_.Loop(frame, arguments.positional[0], depth_ + 1);
    if (!flow) return Fail(flow.error());
    text = capture.Take();
  }
  return runtime.String(std::move(text));
}

// The elements for which the condition holds.
class Filtered : public Iterator {
 public:
  Filtered(const ForNode& node, Frame& frame, std::shared_ptr<Iterator> elements)
      : node_(node), frame_(frame), elements_(std::move(elements)) {}

 protected:
  Result<std::optional<Value>> Advance(Runtime& runtime) override {
    while (true) {
      Result<std::optional<Value>> item = elements_->Next(runtime);
      if (!item || !*item) return item;
      Frame inner = frame_.Inner();
      if (Status done = node_.target.Assign(inner, **item); !done) return Fail(done.error());
      Result<Value> holds = node_.condition->Of(inner);
      if (!holds) return Fail(holds.error());
      if (Truth(*holds)) return item;
    }
  }

 private:
  const ForNode& node_;
  Frame& frame_;  // of the loop, which outlives this
  std::shared_ptr<Iterator> elements_;
};

}  // namespace

Result<Flow> ForNode::Execute(Frame& frame) const {
  Result<Value> value = iterable->Of(frame);
  if (!value) return Fail(value.error());
  return Loop(frame, *value, 0);
}

Result<Flow> ForNode::Loop(Frame& frame, const Value& value, int64_t depth) const {
  frame.runtime.line = line;
  Result<std::shared_ptr<Iterator>> elements = Iterate(value);
  if (!elements) return Fail(elements.error());
  std::optional<int64_t> length;
  if (condition == nullptr) {
    if (!value.IsString()) length = LengthOf(value);
  } else {
    *elements = std::make_shared<Filtered>(*this, frame, std::move(*elements));
  }
  const auto loop =
      std::make_shared<jinja::Loop>(*this, frame, std::move(*elements), length, depth);
  const Value loop_value = Rep::Of(loop);

  bool some_turn_ended = false;  // a turn left by break or continue does not count
  Result<Flow> result = Flow::kNext;
  while (true) {
    frame.runtime.line = line;
    Result<std::optional<Value>> item = loop->Step(frame.runtime);
    if (!item) result = Fail(item.error());
    if (!item || !*item) break;
    Frame turn = frame.Inner();
    if (Status done = target.Assign(turn, **item); !done) {
      result = Fail(done.error());
      break;
    }
    turn.scope->Set(loop_name, loop_value);
    result = RunBody(body, turn);
    if (!result || *result == Flow::kBreak) break;
    some_turn_ended |= *result == Flow::kNext;
  }
  loop->End();
  if (!result) return result;
  if (some_turn_ended) return Flow::kNext;
  Frame inner = frame.Inner();
  return RunBody(otherwise, inner);
}

}  // namespace ingle::jinja
