// The texts of a command that takes several: as arguments, as lines of standard input, as ids.
#pragma once

#include <string>
#include <vector>

#include "command.h"
#include "engine/engine.h"

namespace ingle {

struct TextInput {
  std::string text;  // empty where ids were given
  std::vector<TokenId> tokens;
  size_t left_out = 0;  // tokens at its end that did not fit
};

class TextInputs {
 public:
  // MODEL stands before.
  void Declare(Flags& flags);
  Status Check();

  // The tokens of each text. What is cut is told on standard error, or is an error where
  // --no-truncate was given.
  Result<std::vector<TextInput>> Read(const Engine& engine) const;

 private:
  Result<std::vector<TextInput>> Encode(const Engine& engine,
                                        const std::vector<std::string>& texts) const;

  std::vector<std::string> texts_;
  std::string ids_;
  std::vector<TokenId> tokens_;
  bool no_truncate_ = false;
};

// The tokens alone, as the engine takes them.
std::vector<std::vector<TokenId>> TokensOf(const std::vector<TextInput>& inputs);

}  // namespace ingle
