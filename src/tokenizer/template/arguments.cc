#include "tokenizer/template/arguments.h"

#include <algorithm>

#include "tokenizer/template/operators.h"

namespace ingle::jinja {
namespace {

struct Parameter {
  std::string_view name;
  bool required;
};

std::vector<Parameter> Split(std::string_view parameters) {
  std::vector<Parameter> list;
  while (!parameters.empty()) {
    const size_t end = std::min(parameters.find(' '), parameters.size());
    std::string_view name = parameters.substr(0, end);
    const bool required = name.back() != '?';
    if (!required) name.remove_suffix(1);
    list.push_back({name, required});
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
  }
  return list;
}

}  // namespace

Result<Arguments> Arguments::Bind(std::string_view callee, std::string_view parameters,
                                  const CallArguments& given) {
  Arguments bound;
  bound.callee_ = callee;
  bound.given_ = &given;
  if (parameters == "*") return bound;

  const bool positional_only = parameters.substr(0, 1) == "/";
  if (positional_only) parameters.remove_prefix(std::min<size_t>(2, parameters.size()));
  const std::vector<Parameter> list = Split(parameters);
  bound.slots_.resize(list.size());
  if (given.positional.size() > list.size()) {
    return Raise(callee, "() takes ", list.size(), " arguments, not ", given.positional.size());
  }
  for (size_t i = 0; i < given.positional.size(); ++i) bound.slots_[i] = &given.positional[i];

  for (const auto& [name, value] : given.named) {
    const std::string_view wanted = name;
    const auto found = std::find_if(list.begin(), list.end(), [wanted](const Parameter& parameter) {
      return parameter.name == wanted;
    });
    if (found == list.end() || positional_only) {
      return Raise(callee, "() takes no argument named ", Quote(name));
    }
    const Value*& slot = bound.slots_[static_cast<size_t>(found - list.begin())];
    if (slot != nullptr) return Raise(callee, "() got its argument ", Quote(name), " twice");
    slot = &value;
  }
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i].required && bound.slots_[i] == nullptr) {
      return Raise(callee, "() lacks its argument '", list[i].name, "'");
    }
  }
  return bound;
}

Result<int64_t> Arguments::Int(size_t index, int64_t missing) const {
  if (!Has(index)) return missing;
  const std::optional<int64_t> integer = AsInteger(*slots_[index]);
  if (integer) return *integer;
  return Raise(callee_, "() wants an int, not ", TypeName(*slots_[index]));
}

bool Arguments::Flag(size_t index, bool missing) const {
  return Has(index) ? Truth(*slots_[index]) : missing;
}

Result<std::optional<std::string_view>> Arguments::Text(size_t index) const {
  if (!Has(index) || slots_[index]->IsNone()) return std::nullopt;
  if (slots_[index]->IsString()) return std::string_view(slots_[index]->text());
  return Raise(callee_, "() wants a str, not ", TypeName(*slots_[index]));
}

}  // namespace ingle::jinja
