// A checkpoint and the GGUF file made of it are one model.

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "compress/convert_checkpoint.h"
#include "engine/engine.h"
#include "golden.h"

namespace ingle {
namespace {

// Rows that files keep in another order are summed in another order; and what config.json has as a
// double is a float there. Everything else is the same bit for bit.
constexpr float kReordered = 1e-5f;

class Conversion : public testing::TestWithParam<TestedModel> {
 protected:
  Conversion()
      : folder_(std::filesystem::path(testing::TempDir()) / ("ingle-" + GetParam().name)),
        golden_(nlohmann::json::parse(ReadFile(GetParam().golden + ".json"))),
        prompt_(golden_["prompt"]),
        decoder_(golden_.value("decoder", std::vector<TokenId>())) {
    std::filesystem::create_directories(folder_);
  }
  ~Conversion() override { std::filesystem::remove_all(folder_); }

  std::string Out() const { return (folder_ / "model.gguf").string(); }

  std::vector<float> Answer(const std::string& model, size_t* columns) const {
    EngineOptions options;
    options.device = DeviceKind::kReference;
    options.threads = 1;
    auto engine = Engine::Load(model, options);
    if (!engine) {
      ADD_FAILURE() << engine.error().message();
      return {};
    }
    *columns = (*engine)->model_info().answer_columns;
    const auto session = (*engine)->NewSession();
    StepItem item{session.get(), prompt_, StepItem::Logits::kAll};
    if ((*engine)->model_info().start_token) {
      EXPECT_TRUE((*engine)->Encode({&item, 1}));
      item.tokens = decoder_;
    }
    const auto rows = (*engine)->Step({&item, 1});
    if (rows) return {rows->begin(), rows->end()};
    ADD_FAILURE() << rows.error().message();
    return {};
  }

  const std::filesystem::path folder_;
  const nlohmann::json golden_;
  const std::vector<TokenId> prompt_;
  const std::vector<TokenId> decoder_;  // of an encoder–decoder
};

TEST_P(Conversion, TheFileComputesTheSame) {
  const Status converted = ConvertCheckpoint(GetParam().model, Out());
  ASSERT_TRUE(converted) << converted.error().message();
  size_t columns = 0;
  const std::vector<float> want = Answer(GetParam().model, &columns);
  const std::vector<float> got = Answer(Out(), &columns);
  EXPECT_LE(RelativeError(got, want, columns), kReordered);
}

std::vector<TestedModel> FindConvertible() {
  std::vector<TestedModel> found = CheckpointFolders();
  std::sort(found.begin(), found.end(),
            [](const TestedModel& a, const TestedModel& b) { return a.name < b.name; });
  return found;
}

INSTANTIATE_TEST_SUITE_P(, Conversion, testing::ValuesIn(FindConvertible()),
                         [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace ingle
