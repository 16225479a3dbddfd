// The arguments of one call to a filter, test, method or function, matched to their parameters.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tokenizer/template/object.h"
#include "tokenizer/template/runtime.h"
#include "tokenizer/template/value.h"

namespace ingle::jinja {

// Points into the CallArguments that it was bound from.
class Arguments {
 public:
  // parameters: names in order, separated by blanks; "name?" may be missing, "/" first forbids
  // naming them, and "*" alone takes all as they come. Fails as a Python call would: too many,
  // too few, unknown, twice.
  static Result<Arguments> Bind(std::string_view callee, std::string_view parameters,
                                const CallArguments& given);

  bool Has(size_t index) const { return slots_[index] != nullptr; }
  const Value& operator[](size_t index) const { return *slots_[index]; }  // REQUIRES: Has(index)
  // The argument, or what stands for it where it is missing.
  Value Or(size_t index, Value missing) const {
    if (Has(index)) return *slots_[index];
    return missing;
  }

  // Fails where the argument is no integer.
  Result<int64_t> Int(size_t index, int64_t missing = 0) const;
  // bool(argument)
  bool Flag(size_t index, bool missing = false) const;
  // Fails where the argument is no string. None counts as missing.
  Result<std::optional<std::string_view>> Text(size_t index) const;

  const CallArguments& all() const { return *given_; }

 private:
  std::string_view callee_;
  const CallArguments* given_ = nullptr;
  std::vector<const Value*> slots_;
};

}  // namespace ingle::jinja
