#include "bench/peer.h"

#include "json_output.h"
#include "store/subprocess.h"

namespace ingle {
namespace {

// The last line that says anything.
std::string LastLine(std::string_view text) {
  const size_t end = text.find_last_not_of(" \r\n");
  if (end == std::string_view::npos) return "it said nothing";
  text = text.substr(0, end + 1);
  return Quote(text.substr(text.find_last_of('\n') + 1));
}

Result<std::optional<Peer::Speed>> SpeedOf(const std::string& answer) {
  const Json rows = Json::parse(answer, nullptr, false);
  if (rows.is_array() && rows.empty()) return std::nullopt;
  if (!rows.is_array() || rows.size() != 1 || !rows[0].is_object()) {
    return Fail(ErrorCode::kCorrupt, "its answer is no JSON array of one result");
  }
  const Json speed = rows[0].value("avg_ts", Json());
  if (!speed.is_number() || speed.get<double>() <= 0) {
    return Fail(ErrorCode::kCorrupt, "its result has no avg_ts above 0");
  }
  const Json build = rows[0].value("build_commit", Json());
  return Peer::Speed{speed.get<double>(), build.is_string() ? build.get<std::string>() : ""};
}

}  // namespace

Result<Peer> Peer::Parse(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    return Fail(ErrorCode::kInvalidArgument, Quote(text), " is not NAME=COMMAND");
  }
  return Peer(text.substr(0, equals), text.substr(equals + 1));
}

Result<std::optional<Peer::Speed>> Peer::Run(const std::string& model_path,
                                             const BenchTest& test) const {
  const bool prefill = test.kind == BenchTest::Kind::kPrefill;
  const std::string tokens = Cat(test.tokens), none = "0";
  std::vector<std::string> arguments = {"-m", model_path,
                                        "-p", prefill ? tokens : none,
                                        "-n", prefill ? none : tokens,
                                        "-t", Cat(test.threads),
                                        "-r", "1",
                                        "-o", "json"};
  if (test.depth > 0) {
    arguments.push_back("-d");
    arguments.push_back(Cat(test.depth));
  }
  const Result<SubprocessResult> ran = RunShellCommand(command_, arguments);
  if (!ran) return Fail(ran.error());
  if (ran->exit_status != 0) {
    return Fail(ErrorCode::kIo, "exit status ", ran->exit_status, ": ", LastLine(ran->output));
  }
  return SpeedOf(ran->answer);
}

}  // namespace ingle
