// The functions that every template can call.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "tokenizer/template/builtin.h"
#include "tokenizer/template/iterate.h"
#include "tokenizer/template/operators.h"
#include "tokenizer/template/print.h"
#include "tokenizer/template/strftime.h"

namespace ingle::jinja {
namespace {

// The sandbox's limit.
constexpr int64_t kMaxRange = 100'000;

Result<Value> MakeRange(Runtime& runtime, const Value&, const Arguments& args) {
  const size_t given = args.all().positional.size();
  Result<int64_t> first = args.Int(0);
  Result<int64_t> second = args.Int(1);
  Result<int64_t> third = args.Int(2, 1);
  for (const auto* bound : {&first, &second, &third}) {
    if (!*bound) return Fail(bound->error());
  }
  const int64_t start = given == 1 ? 0 : *first;
  const int64_t stop = given == 1 ? *first : *second;
  const int64_t step = *third;
  if (step == 0) return Raise("range() cannot go in steps of zero");

  // Unsigned, so that no distance overflows.
  const bool empty = step > 0 ? stop <= start : stop >= start;
  const uint64_t stride = step > 0 ? static_cast<uint64_t>(step) : 0 - static_cast<uint64_t>(step);
  const uint64_t span = step > 0 ? static_cast<uint64_t>(stop) - static_cast<uint64_t>(start)
                                 : static_cast<uint64_t>(start) - static_cast<uint64_t>(stop);
  const uint64_t length = empty ? 0 : (span - 1) / stride + 1;
  if (length > static_cast<uint64_t>(kMaxRange)) {
    return Raise("range() of more than ", kMaxRange, " numbers");
  }
  return runtime.Make<Range>(start, stop, step, static_cast<int64_t>(length));
}

// dict(pairs or mapping, name=value ...)
Result<Dict> DictOf(Runtime& runtime, const CallArguments& arguments) {
  Dict dict;
  if (arguments.positional.size() > 1) return Raise("dict() takes one argument at most");
  if (!arguments.positional.empty()) {
    const Value& source = arguments.positional[0];
    if (source.IsDict()) {
      if (Status work = runtime.Step(source.dict().size()); !work) return Fail(work.error());
      for (const Dict::Entry& entry : source.dict().entries()) dict.Set(entry.key, entry.value);
    } else {
      Result<ValueList> pairs = Collect(runtime, source);
      if (!pairs) return Fail(pairs.error());
      for (const Value& pair : *pairs) {
        Result<ValueList> parts = Collect(runtime, pair);
        if (!parts) return Fail(parts.error());
        if (parts->size() != 2) return Raise("dict() wants pairs");
        if (!dict.Set((*parts)[0], (*parts)[1])) {
          return Raise(TypeName((*parts)[0]), " cannot be a key");
        }
      }
    }
  }
  for (const auto& [name, value] : arguments.named) dict.Set(Value(name), value);
  return dict;
}

Result<Value> MakeDict(Runtime& runtime, const Value&, const Arguments& args) {
  Result<Dict> dict = DictOf(runtime, args.all());
  if (!dict) return Fail(dict.error());
  return runtime.Mapping(std::move(*dict));
}

Result<Value> MakeNamespace(Runtime& runtime, const Value&, const Arguments& args) {
  Result<Dict> dict = DictOf(runtime, args.all());
  if (!dict) return Fail(dict.error());
  auto object = std::make_shared<Namespace>(std::move(*dict));
  if (Status kept = runtime.Keep(object); !kept) return Fail(kept.error());
  return runtime.Adopt(std::move(object));
}

// Gives nothing the first time it is called and its text ever after.
class Joiner : public Object {
 public:
  explicit Joiner(Value separator) : separator_(std::move(separator)) {}
  std::string_view type_name() const override { return "Joiner"; }
  int depth() const override { return 1 + separator_.depth(); }
  bool callable() const override { return true; }
  Result<Value> Call(Runtime&, const CallArguments& arguments) override {
    if (!arguments.positional.empty() || !arguments.named.empty()) {
      return Raise("a joiner takes no arguments");
    }
    return std::exchange(used_, true) ? separator_ : Value("");
  }

 private:
  Value separator_;
  bool used_ = false;
};

Result<Value> MakeJoiner(Runtime& runtime, const Value&, const Arguments& args) {
  return runtime.Make<Joiner>(args.Or(0, Value(", ")));
}

class Cycler : public Object, public std::enable_shared_from_this<Cycler> {
 public:
  explicit Cycler(ValueList items) : items_(std::move(items)) {}
  std::string_view type_name() const override { return "Cycler"; }
  int depth() const override {
    int depth = 0;
    for (const Value& item : items_) depth = std::max(depth, item.depth());
    return 1 + depth;
  }
  uint64_t bytes() const override { return items_.size() * sizeof(Value); }
  Result<std::optional<Value>> Attribute(Runtime& runtime, std::string_view name) override;

  Value current() const { return items_[position_]; }
  void Advance() { position_ = (position_ + 1) % items_.size(); }
  void Reset() { position_ = 0; }

 private:
  ValueList items_;
  size_t position_ = 0;
};

Cycler& AsCycler(const Value& self) { return static_cast<Cycler&>(self.object()); }

Result<Value> CyclerNext(Runtime&, const Value& self, const Arguments&) {
  Value current = AsCycler(self).current();
  AsCycler(self).Advance();
  return current;
}

Result<Value> CyclerReset(Runtime&, const Value& self, const Arguments&) {
  AsCycler(self).Reset();
  return Value();
}

constexpr Builtin kCyclerMethods[] = {
    {"next", "/", CyclerNext},
    {"reset", "/", CyclerReset},
};

Result<std::optional<Value>> Cycler::Attribute(Runtime& runtime, std::string_view name) {
  if (name == "current") return current();
  if (name == "items") return Rep::Sequence(items_, true, {});
  const Builtin* method = FindBuiltin(kCyclerMethods, name);
  if (method == nullptr) return std::nullopt;
  Result<Value> bound = runtime.Make<BoundBuiltin>(method, Rep::Of(shared_from_this()));
  if (!bound) return Fail(bound.error());
  return std::move(*bound);
}

Result<Value> MakeCycler(Runtime& runtime, const Value&, const Arguments& args) {
  if (!args.all().named.empty()) return Raise("cycler() takes no named arguments");
  if (args.all().positional.empty()) return Raise("cycler() wants at least one item");
  return runtime.Make<Cycler>(args.all().positional);
}

Result<Value> RaiseException(Runtime& runtime, const Value&, const Arguments& args) {
  Result<std::string> message = StrOf(runtime, args[0]);
  if (!message) return Fail(message.error());
  return Raise(*message);
}

Result<Value> StrftimeNow(Runtime& runtime, const Value&, const Arguments& args) {
  if (!args[0].IsString()) return Raise("strftime_now() wants a str");
  TextSink out = runtime.NewSink();
  FormatTime(runtime.now(), args[0].text(), out);
  return runtime.String(std::move(out));
}

Result<Value> Lipsum(Runtime&, const Value&, const Arguments&) {
  return Raise("lipsum() is of no use to chat templates and not there");
}

constexpr Builtin kGlobals[] = {
    {"range", "/ start stop? step?", MakeRange},
    {"dict", "*", MakeDict},
    {"namespace", "*", MakeNamespace},
    {"joiner", "sep?", MakeJoiner},
    {"cycler", "*", MakeCycler},
    {"raise_exception", "message", RaiseException},
    {"strftime_now", "format", StrftimeNow},
    {"lipsum", "*", Lipsum},
};

}  // namespace

std::span<const Builtin> Globals() { return kGlobals; }

}  // namespace ingle::jinja
