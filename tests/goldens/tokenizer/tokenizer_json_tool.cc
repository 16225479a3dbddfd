// tokenizer_json_tool FOLDER: for make_huggingface_goldens.py. Reads texts from standard input, one
// JSON string a line, and writes the ids of each, with special tokens, and what they decode to.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include <nlohmann/json.hpp>

#include "tokenizer/huggingface/tokenizer_json.h"

namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  ingle::TokenizerFiles files;
  files.tokenizer_json = ReadFile(folder + "/tokenizer.json");
  files.tokenizer_config_json = ReadFile(folder + "/tokenizer_config.json");
  const auto read = ingle::ReadTokenizerFiles(files);
  if (!read) {
    std::cerr << read.error().message() << "\n";
    return 1;
  }
  const auto tokenizer = ingle::Tokenizer::Create(read->spec);
  if (!tokenizer) {
    std::cerr << tokenizer.error().message() << "\n";
    return 1;
  }
  for (std::string line; std::getline(std::cin, line);) {
    const std::string text = nlohmann::json::parse(line);
    const auto ids = (*tokenizer)->Encode(text, {.add_special = true, .parse_special = true});
    const auto decoded = (*tokenizer)->Decode(*ids);
    std::cout << nlohmann::json{*ids, *decoded}.dump(-1, ' ', false,
                                                     nlohmann::json::error_handler_t::replace)
              << "\n";
  }
  return 0;
}
