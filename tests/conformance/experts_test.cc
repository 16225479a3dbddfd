// That routers choose the experts that transformers chose: what the graph has behind each router,
// not only what comes of it.

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/engine.h"
#include "execute.h"
#include "golden.h"

namespace ingle {
namespace {

std::vector<TestedModel> FindMixtures() {
  std::vector<TestedModel> found;
  for (const TestedModel& checkpoint : CheckpointFolders()) {
    if (std::filesystem::exists(checkpoint.golden + "_experts.npy")) found.push_back(checkpoint);
  }
  std::sort(found.begin(), found.end(),
            [](const TestedModel& a, const TestedModel& b) { return a.name < b.name; });
  return found;
}

class Experts : public testing::TestWithParam<std::tuple<TestedModel, DeviceKind>> {
 protected:
  const TestedModel& checkpoint() const { return std::get<0>(GetParam()); }
  DeviceKind device() const { return std::get<1>(GetParam()); }
};

// The experts of a row of routes, the greatest weight first.
std::vector<int32_t> ByWeight(std::span<const float> row) {
  const size_t k = row.size() / 2;
  std::vector<size_t> order(k);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return row[k + a] > row[k + b]; });
  std::vector<int32_t> experts;
  for (const size_t j : order) experts.push_back(static_cast<int32_t>(row[j]));
  return experts;
}

TEST_P(Experts, AreThoseThatTransformersChose) {
  if (device() == DeviceKind::kCpu && checkpoint().name == "gpt_oss_mxfp4") {
    GTEST_SKIP() << "rounded activations may fall either way";
  }
  const auto engine = Engine::Load(checkpoint().model, {.device = device(), .threads = 1});
  ASSERT_TRUE(engine) << engine.error().message();
  const std::vector<int32_t> prompt =
      nlohmann::json::parse(ReadFile(checkpoint().golden + ".json"))["prompt"];
  const auto chosen = ReadNpy<int32_t>(checkpoint().golden + "_experts.npy");

  size_t read = 0;
  const Graph& graph = (*engine)->graph();
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (graph.node(id).op != Op::kRoute) continue;
    const std::vector<float> routes = ExecuteGraph(graph.UpTo(id), device(), prompt);
    const size_t columns = graph.node(id).type.columns;
    ASSERT_EQ(routes.size(), prompt.size() * columns);
    for (size_t t = 0; t < prompt.size(); ++t, read += columns / 2) {
      ASSERT_LE(read + columns / 2, chosen.size());
      const auto want = std::span(chosen).subspan(read, columns / 2);
      EXPECT_EQ(ByWeight(std::span(routes).subspan(t * columns, columns)),
                std::vector<int32_t>(want.begin(), want.end()))
          << "node " << id << ", token " << t;
    }
  }
  EXPECT_EQ(read, chosen.size());
}

std::string ParameterName(const testing::TestParamInfo<Experts::ParamType>& parameter) {
  const auto& [checkpoint, device] = parameter.param;
  return checkpoint.name + (device == DeviceKind::kCpu ? "_cpu" : "_reference");
}

INSTANTIATE_TEST_SUITE_P(, Experts,
                         testing::Combine(testing::ValuesIn(FindMixtures()),
                                          testing::Values(DeviceKind::kReference,
                                                          DeviceKind::kCpu)),
                         ParameterName);

}  // namespace
}  // namespace ingle
