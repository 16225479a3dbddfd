// Which tensors a model of a family has, by the rules of its page (models/huggingface/names.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/checkpoint.h"
#include "models/huggingface/names.h"

namespace ingle {

// What one config.json makes of the rules.
class ExpectedTensors {
 public:
  // layers: one for all, or one for each, of which the pattern's first number is the index. Of
  // several that fit a tensor the first counts.
  void Add(std::string_view pattern, std::vector<Presence> layers, std::string because);

  // A tensor without a rule is absent.
  Expectation Of(std::string_view tensor) const;

 private:
  struct Entry {
    std::string pattern;
    std::vector<Presence> layers;
    std::string because;
  };
  std::vector<Entry> entries_;
};

// Whether no file of this architecture does without the tensor.
bool IsAlwaysThere(std::string_view architecture, std::string_view tensor);

}  // namespace ingle
