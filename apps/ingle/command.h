// What a command of the program is. One file a command, in commands/; main.cc has the table.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/error.h"
#include "config/flags.h"
#include "config/paths.h"
#include "config/settings.h"

namespace ingle {

// What every command may use.
struct Context {
  Paths paths;
  Settings settings;  // defaults, under the configuration file, under the environment, under flags
  Origins origins;
  // What was wrong with the file and with the environment; only who runs without them sees it.
  std::optional<Error> config_error;
  std::optional<Error> environment_error;
  const CLI::App* app = nullptr;  // the whole command line, for completion
  const Flags* flags = nullptr;   // of the command that runs
};

class Command {
 public:
  virtual ~Command() = default;

  // Adds flags and arguments, which write into this object and the context's settings.
  virtual void Declare(Flags& flags, const Context& context) = 0;

  // Holds the arguments against each other. What it finds is wrong usage: exit status 2.
  virtual Status Check(const Context&) { return {}; }

  // Does it. Failure is exit status 1.
  virtual Status Run(Context& context) = 0;

  // Whether it wants to run although the configuration file or the environment is wrong.
  virtual bool RunsWithoutConfig() const { return false; }
};

struct CommandInfo {
  const char* name;
  const char* summary;
  std::unique_ptr<Command> (*make)();
};

// In the order in which people meet them.
std::unique_ptr<Command> MakeRun();
std::unique_ptr<Command> MakePull();
std::unique_ptr<Command> MakeList();
std::unique_ptr<Command> MakeShow();
std::unique_ptr<Command> MakeRm();
std::unique_ptr<Command> MakeInspect();
std::unique_ptr<Command> MakeTokenize();
std::unique_ptr<Command> MakeRender();
std::unique_ptr<Command> MakeEmbed();
std::unique_ptr<Command> MakeClassify();
std::unique_ptr<Command> MakeLogits();
std::unique_ptr<Command> MakePerplexity();
std::unique_ptr<Command> MakeBench();
std::unique_ptr<Command> MakeTune();
std::unique_ptr<Command> MakeFit();
std::unique_ptr<Command> MakeConvert();
std::unique_ptr<Command> MakeQuantize();
std::unique_ptr<Command> MakeDoctor();
std::unique_ptr<Command> MakeCompletion();

}  // namespace ingle
