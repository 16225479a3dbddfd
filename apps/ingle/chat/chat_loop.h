// The chat in a terminal.
#pragma once

#include "base/error.h"
#include "chat/conversation.h"
#include "command.h"
#include "engine/engine.h"

namespace ingle {

// Reads what a person says and streams the answers until they leave. REQUIRES: standard input and
// output are a terminal; the engine has a chat template. draft: a draft model, or null.
Status RunChat(Engine& engine, Engine* draft, Context& context, const ChatOptions& options);

}  // namespace ingle
