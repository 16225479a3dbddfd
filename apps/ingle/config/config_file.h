// $XDG_CONFIG_HOME/ingle/config.toml: the settings of settings.h by their keys.
#pragma once

#include <string>

#include "base/error.h"
#include "config/settings.h"

namespace ingle {

// Takes the file's settings over; a file that is not there sets none. Unknown keys and values of
// the wrong type or range are errors that name file, line and key.
Status ApplyConfigFile(const std::string& path, Settings& settings, Origins& origins);

}  // namespace ingle
