// What a chat template can express.
#pragma once

#include <string>

#include "engine/engine.h"

namespace ingle {

struct ChatAbilities {
  bool chat = false;      // there is a template
  bool system = false;    // it shows the model a system message
  bool tools = false;     // it shows the model the tools on offer
  bool thinking = false;  // its answers have a section of thought
};

// Found by rendering small conversations and looking for what was put into them.
ChatAbilities FindAbilities(const Engine& engine);

}  // namespace ingle
