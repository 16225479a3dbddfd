// Talks to a model: chat MODEL.gguf "Tell me a story." "Make it shorter."
// Each argument is a turn; without any, each line of the input is one.
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "ingle/ingle.hpp"

namespace {

// The model's reply to the conversation so far, shown while it comes. The session remembers the
// turns before, so only the new one costs.
std::string Reply(const ingle::Model& model, ingle::Session& session,
                  const std::vector<ingle::Message>& conversation) {
  ingle::GenerateOptions options;
  options.max_tokens = 256;
  options.on_text = [](std::string_view piece) {
    std::cout << piece << std::flush;
    return std::cout.good();
  };
  const auto answer = session.Generate(model.TokenizeChat(conversation), options);
  std::cout << '\n';
  return answer.text;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::cerr << "usage: chat MODEL.gguf [PROMPT...]\n";
    return 2;
  }
  const ingle::Model model(argv[1]);
  ingle::Session session(model);
  std::vector<ingle::Message> conversation;
  const auto say = [&](const std::string& prompt) {
    conversation.push_back({"user", prompt});
    conversation.push_back({"assistant", Reply(model, session, conversation)});
  };

  for (int i = 2; i < argc; ++i) say(argv[i]);
  if (argc == 2) {
    for (std::string line; std::getline(std::cin, line);) say(line);
  }
  return 0;
} catch (const ingle::Error& error) {
  std::cerr << "chat: " << error.what() << '\n';
  return 1;
}
