// The functions that templates can call by name: filters, tests, methods, globals. Each kind is a
// table of rows; a row is all that is needed to add one.
#pragma once

#include <span>
#include <string_view>

#include "base/error.h"
#include "tokenizer/template/arguments.h"
#include "tokenizer/template/object.h"
#include "tokenizer/template/runtime.h"
#include "tokenizer/template/value.h"

namespace ingle::jinja {

struct Builtin {
  std::string_view name;
  std::string_view parameters;  // as Arguments::Bind reads them, without self
  Result<Value> (*function)(Runtime&, const Value& self, const Arguments&);
};

// Null where there is no row of that name.
const Builtin* FindBuiltin(std::span<const Builtin> table, std::string_view name);

Result<Value> CallBuiltin(Runtime& runtime, const Builtin& row, const Value& self,
                          const CallArguments& arguments);

// A row as a value: a global function, or a method that knows its self. Rows live for ever.
class BoundBuiltin : public Object {
 public:
  BoundBuiltin(const Builtin* row, Value self) : row_(row), self_(std::move(self)) {}

  std::string_view type_name() const override { return "builtin_function_or_method"; }
  int depth() const override { return 1 + self_.depth(); }
  void Describe(TextSink& out, int depth) const override;
  bool callable() const override { return true; }
  Result<Value> Call(Runtime& runtime, const CallArguments& arguments) override {
    return CallBuiltin(runtime, *row_, self_, arguments);
  }

 private:
  const Builtin* row_;
  Value self_;
};

const Builtin* FindFilter(std::string_view name);
const Builtin* FindTest(std::string_view name);

std::span<const Builtin> TextFilters();      // filters_text.cc
std::span<const Builtin> SequenceFilters();  // filters_sequence.cc
std::span<const Builtin> LazyFilters();      // filters_lazy.cc
std::span<const Builtin> ValueFilters();     // filters_value.cc
std::span<const Builtin> Tests();            // tests.cc
std::span<const Builtin> Globals();          // globals.cc
std::span<const Builtin> StringMethods();    // string_methods.cc
std::span<const Builtin> SequenceMethods();  // container_methods.cc: list and tuple
std::span<const Builtin> DictMethods();      // container_methods.cc
std::span<const Builtin> NumberMethods();    // container_methods.cc

}  // namespace ingle::jinja
