// From settings to what a conversation is told.
#pragma once

#include "chat/conversation.h"
#include "config/settings.h"

namespace ingle {

// default_seed: where the settings have none.
ChatOptions ChatOptionsOf(const Settings& settings, uint64_t default_seed);

// A seed that nobody chose.
uint64_t RandomSeed();

}  // namespace ingle
