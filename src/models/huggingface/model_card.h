// What a checkpoint's README.md says of it in the front matter that Hugging Face's hub reads.
#pragma once

#include <string>
#include <string_view>

namespace ingle {

struct ModelCard {
  std::string license;       // "apache-2.0"
  std::string license_name;  // of one called "other"
  std::string license_link;
};

// Of YAML only what these fields are written in: a word, quoted or not, or a list of them, of which
// the first counts. A text without front matter gives empty fields.
ModelCard ReadModelCard(std::string_view readme);

}  // namespace ingle
