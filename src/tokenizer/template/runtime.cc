#include "tokenizer/template/runtime.h"

#include "tokenizer/template/print.h"

namespace ingle::jinja {
namespace {

// What a string or list costs beside its elements.
constexpr uint64_t kRepBytes = 80;

constexpr uint64_t kObjectBytes = 256;

// Elements that are made or copied for one step.
constexpr uint64_t kElementsPerStep = 8;

}  // namespace

Runtime::Runtime(const TemplateLimits& limits, const std::tm& now, TextSink* out)
    : limits_(limits), now_(now), heap_(limits.memory_bytes), out_(out) {}

Runtime::~Runtime() {
  for (const Kept& kept : kept_) kept.object->Clear();
}

Status Runtime::Step(uint64_t count) {
  if (count > limits_.steps - steps_) {
    steps_ = limits_.steps;
    return Fail(ErrorCode::kTooLarge, "the template has not ended after its limit of ",
                limits_.steps, " steps");
  }
  steps_ += count;
  return {};
}

Status Runtime::CheckRoom(uint64_t bytes) const {
  if (bytes <= room()) return {};
  return Fail(ErrorCode::kTooLarge, "the template's values pass its memory limit of ",
              limits_.memory_bytes, " bytes");
}

Status Runtime::Keep(std::shared_ptr<Mutable> object) {
  if (Status room = CheckRoom(kObjectBytes); !room) return room;
  kept_.push_back({std::move(object), heap_.Take(kObjectBytes)});
  return {};
}

Error Runtime::TooDeep() const {
  return Error(ErrorCode::kTooLarge,
               Cat("a value nests deeper than the limit of ", kMaxValueDepth, " levels"));
}

Error Runtime::NestsTooDeep() const {
  return Error(ErrorCode::kTooLarge, "the template's calls and expressions nest too deep");
}

Status Runtime::Write(std::string_view text) {
  const size_t before = out_->text().size();
  out_->Append(text);
  return AfterWrite(before);
}

Status Runtime::WriteStr(const Value& value) {
  const size_t before = out_->text().size();
  AppendStr(value, *out_);
  return AfterWrite(before);
}

Status Runtime::AfterWrite(size_t size_before) {
  if (out_->full()) {
    return Fail(ErrorCode::kTooLarge, "the template writes more than its limit allows");
  }
  return StepBytes(out_->text().size() - size_before);
}

Capture::Capture(Runtime& runtime)
    : runtime_(runtime),
      outside_(runtime.out_),
      outside_bytes_(runtime.out_->text().size()),
      inside_(0) {
  runtime_.suspended_ += outside_bytes_;
  inside_ = runtime_.NewSink();
  runtime_.out_ = &inside_;
}

Capture::~Capture() {
  runtime_.out_ = outside_;
  runtime_.suspended_ -= outside_bytes_;
}

Result<Value> Runtime::String(std::string text, bool markup) {
  const uint64_t bytes = kRepBytes + text.size();
  if (Status room = CheckRoom(bytes); !room) return Fail(room.error());
  if (Status step = StepBytes(text.size()); !step) return Fail(step.error());
  return Rep::String(std::move(text), markup, heap_.Take(bytes));
}

Result<Value> Runtime::String(TextSink sink, bool markup) {
  if (sink.full()) return Fail(CheckRoom(UINT64_MAX).error());
  return String(sink.Take(), markup);
}

Result<Value> Runtime::Sequence(ValueList items, bool tuple) {
  const uint64_t bytes = kRepBytes + items.size() * sizeof(Value);
  if (Status room = CheckRoom(bytes); !room) return Fail(room.error());
  if (Status step = Step(1 + items.size() / kElementsPerStep); !step) return Fail(step.error());
  Value value = Rep::Sequence(std::move(items), tuple, heap_.Take(bytes));
  if (value.depth() > kMaxValueDepth) return Fail(TooDeep());
  return value;
}

Result<Value> Runtime::List(ValueList items) { return Sequence(std::move(items), false); }
Result<Value> Runtime::Tuple(ValueList items) { return Sequence(std::move(items), true); }

Result<Value> Runtime::Mapping(Dict dict) {
  uint64_t bytes = kRepBytes;
  for (const Dict::Entry& entry : dict.entries()) {
    bytes += 2 * sizeof(Dict::Entry);
    if (entry.key.IsString()) bytes += entry.key.text().size();
  }
  if (Status room = CheckRoom(bytes); !room) return Fail(room.error());
  if (Status step = StepBytes(bytes); !step) return Fail(step.error());
  if (dict.depth() > kMaxValueDepth) return Fail(TooDeep());
  return Rep::Mapping(std::move(dict), heap_.Take(bytes));
}

Result<Value> Runtime::Adopt(std::shared_ptr<Object> object) {
  const uint64_t bytes = kObjectBytes + object->bytes();
  if (Status room = CheckRoom(bytes); !room) return Fail(room.error());
  if (Status step = StepBytes(bytes); !step) return Fail(step.error());
  if (object->depth() > kMaxValueDepth) return Fail(TooDeep());
  object->charge = heap_.Take(bytes);
  return Rep::Of(std::move(object));
}

}  // namespace ingle::jinja
