// What nlohmann's parser reports of a JSON text, piece by piece. A parser of one format derives
// from this and overrides what it expects; everything else refuses the text. Nothing is built in
// between, so memory and recursion are the deriving class's own, whatever the text holds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace ingle {

// Each event answers whether to go on; Refuse, called by one, says why not.
class JsonEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  // Reads the whole text. Fails with kCorrupt, in a message that begins with `name`.
  Status Parse(std::string_view name, std::string_view text);

 protected:
  template <class... Parts>
  bool Refuse(const Parts&... parts) {
    if (problem_.empty()) problem_ = Cat(parts...);
    return false;
  }
  // What stands at the present place: a noun for what was read where something else was expected.
  virtual bool Unexpected(std::string_view what) = 0;

  bool null() override { return Unexpected("null"); }
  bool boolean(bool) override { return Unexpected("a bool"); }
  bool number_integer(int64_t) override { return Unexpected("a negative number"); }
  bool number_unsigned(uint64_t) override { return Unexpected("a number"); }
  bool number_float(double, const std::string&) override {
    return Unexpected("a number that is no integer of 64 bits");
  }
  bool string(std::string&) override { return Unexpected("a string"); }
  bool binary(binary_t&) override { return Unexpected("binary"); }
  bool start_object(size_t) override { return Unexpected("an object"); }
  bool key(std::string&) override { return Unexpected("a key"); }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return Unexpected("an array"); }
  bool end_array() override { return true; }

 private:
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return Refuse("the text is not valid JSON, at byte ", position);
  }

  std::string problem_;
};

}  // namespace ingle
