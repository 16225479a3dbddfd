// Reads the literals that models write as arguments: Python's, JSON's, and Gemma's with <|"|> for
// quotes and bare words for keys. One grammar holds all three.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tokenizer/template/value.h"

namespace ingle {

class LiteralReader {
 public:
  // text outlives this.
  explicit LiteralReader(std::string_view text) : text_(text) {}

  // Skips space. The next byte then, 0 at the end.
  char Peek();
  bool Take(char c);
  // Letters, digits, '_', '.', '-' and ':' where it may be part of a name; empty where there is
  // none.
  std::string_view Word(std::string_view beside = "_.-");
  // A string, number, constant, list, tuple or dict; nothing where none follows or it nests deeper
  // than 64.
  std::optional<Value> Literal() { return Literal(64); }
  // KEY=VALUE or KEY:VALUE, ... up to the closing bracket, which is taken.
  std::optional<Value> Entries(char separator, char close) { return Entries(separator, close, 64); }

 private:
  std::optional<Value> Literal(int depth);
  std::optional<Value> Entries(char separator, char close, int depth);
  std::optional<Value> Items(char close, int depth);
  std::optional<std::string> String();
  bool Escape(char quote, std::string& out);
  bool CodePoint(size_t digits, std::string& out);

  std::string_view text_;
};

}  // namespace ingle
