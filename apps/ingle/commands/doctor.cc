// ingle doctor
#include <algorithm>

#include "command.h"
#include "commands/health.h"
#include "json_output.h"
#include "terminal/output.h"

namespace ingle {
namespace {

// Where a setting's value comes from: "default", "INGLE_TEMP", "FILE:LINE".
std::string OriginOf(const Context& context, const SettingInfo& setting) {
  const auto found = context.origins.find(setting.key);
  return found != context.origins.end() ? found->second : "default";
}

class DoctorCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    flags.Switch("--json", json_, "one JSON object");
  }

  bool RunsWithoutConfig() const override { return true; }

  Status Run(Context& context) override {
    const std::vector<Finding> findings = Examine(context);
    if (json_) {
      PrintReport(context, findings);
    } else {
      PrintFindings(findings);
      PrintSettings(context);
    }
    const auto broken = std::count_if(findings.begin(), findings.end(), [](const Finding& finding) {
      return finding.health == Health::kBroken;
    });
    if (broken == 0) return {};
    return Fail(ErrorCode::kIo, broken, broken == 1 ? " thing is broken" : " things are broken");
  }

 private:
  static void PrintFindings(const std::vector<Finding>& findings) {
    const Style& style = OutputStyle();
    Print(style.bold, "ingle " INGLE_VERSION, style.reset, "\n");
    for (const Finding& finding : findings) {
      const char* colour = finding.health == Health::kFine      ? style.green
                           : finding.health == Health::kWarning ? style.yellow
                                                                : style.red;
      std::string state(Name(finding.health));
      state.resize(8, ' ');
      std::string subject = finding.subject;
      subject.resize(14, ' ');
      Print(colour, state, style.reset, subject, finding.text, "\n");
    }
  }

  static void PrintSettings(const Context& context) {
    Print(OutputStyle().bold, "\nSettings", OutputStyle().reset, "\n");
    for (const SettingInfo& setting : AllSettings()) {
      std::string key(setting.key);
      key.resize(18, ' ');
      std::string value = ValueText(context.settings, setting);
      value.resize(std::max<size_t>(value.size(), 10), ' ');
      Print("  ", key, value, "  ", OriginOf(context, setting), "\n");
    }
  }

  static void PrintReport(const Context& context, const std::vector<Finding>& findings) {
    Json checks = Json::array();
    bool healthy = true;
    for (const Finding& finding : findings) {
      healthy = healthy && finding.health != Health::kBroken;
      checks.push_back(
          {{"subject", finding.subject}, {"state", Name(finding.health)}, {"text", finding.text}});
    }
    Json settings = Json::array();
    for (const SettingInfo& setting : AllSettings()) {
      settings.push_back({{"key", setting.key},
                          {"value", ValueText(context.settings, setting)},
                          {"from", OriginOf(context, setting)}});
    }
    PrintJsonDocument({{"version", INGLE_VERSION},
                       {"healthy", healthy},
                       {"checks", std::move(checks)},
                       {"settings", std::move(settings)}});
  }

  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeDoctor() { return std::make_unique<DoctorCommand>(); }

}  // namespace ingle
