// A model whose files another program keeps. Ingle reads them where they are; it neither copies nor
// changes nor removes them.
#pragma once

#include <cstdint>
#include <string>

namespace ingle {

struct KeptModel {
  std::string name;          // as MODEL: "ollama/llama3.2:1b"
  std::string path;          // a GGUF file or a checkpoint's folder
  uint64_t bytes = 0;        // of its files together
  std::string keeper;        // "Ollama"; empty: whoever named the path
  std::string removal;       // what takes it away: "'ollama rm llama3.2:1b'"
  std::string trouble = {};  // how its files differ from what the keeper notes of them
};

}  // namespace ingle
