// The checks that `ingle doctor` makes.
#pragma once

#include <string>
#include <vector>

#include "command.h"

namespace ingle {

enum class Health { kFine, kWarning, kBroken };
std::string_view Name(Health health);  // "ok", "warning", "broken"

struct Finding {
  std::string subject;  // "store", "catalogue" ...
  Health health;
  std::string text;
};

// Looks at this machine and this installation. Changes nothing, asks nothing of the network.
std::vector<Finding> Examine(const Context& context);

}  // namespace ingle
