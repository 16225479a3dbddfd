// The commands inside a chat: /help, /system, /save ...
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "chat/conversation.h"
#include "config/settings.h"

namespace ingle {

// What the commands work on. Borrowed for the length of the chat.
struct ChatState {
  Engine& engine;
  Conversation& conversation;
  Settings& settings;
  uint64_t seed;
  std::string last_stats;  // of the latest answer
  // Brings the settings over into the conversation's options.
  std::function<void()> settings_changed;
};

enum class SlashOutcome { kGoOn, kQuit };

// Whether a line is one: begins with a slash and a letter.
bool IsSlashCommand(const std::string& line);

// Does it and prints what there is to say, mistakes too.
SlashOutcome RunSlashCommand(const std::string& line, ChatState& state);

// "/help", "/system" ...
std::vector<std::string> SlashCommandNames();

}  // namespace ingle
