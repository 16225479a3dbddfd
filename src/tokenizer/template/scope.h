// Where a template's variables live while it runs.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "tokenizer/template/object.h"
#include "tokenizer/template/value.h"

namespace ingle::jinja {

// Names are numbered when the template is parsed.
using NameId = int;

// The variables that one body set: of a loop's turn, a macro's call, a {% with %} ... Bodies see
// what is around them, but what they set stays theirs.
class Scope : public Mutable {
 public:
  explicit Scope(std::shared_ptr<Scope> parent) : parent_(std::move(parent)) {}

  // The innermost variable of that name; null where there is none.
  const Value* Find(NameId name) const {
    for (const Scope* scope = this; scope != nullptr; scope = scope->parent_.get()) {
      for (const auto& [id, value] : scope->variables_) {
        if (id == name) return &value;
      }
    }
    return nullptr;
  }

  void Set(NameId name, Value value) {
    const auto same = [&](const auto& variable) { return variable.first == name; };
    const auto found = std::find_if(variables_.begin(), variables_.end(), same);
    if (found != variables_.end()) {
      found->second = std::move(value);
    } else {
      variables_.emplace_back(name, std::move(value));
    }
  }

  const std::shared_ptr<Scope>& parent() const { return parent_; }
  void Clear() override { variables_.clear(); }

  bool kept = false;  // by the runtime, because a macro that lives in it refers to it

 private:
  std::shared_ptr<Scope> parent_;
  std::vector<std::pair<NameId, Value>> variables_;
};

}  // namespace ingle::jinja
