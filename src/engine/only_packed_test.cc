// Which matrices may be forgotten once they are laid out: a mistake is zeros for weights.
#include "engine/only_packed.h"

#include <gtest/gtest.h>

#include "graph/builder.h"

namespace ingle {
namespace {

constexpr uint64_t kSize = 64;  // rows and columns
const std::vector<std::byte> kMemory(1 << 17);

// The matrix of Q8_0 that begins with some row of one that is higher.
TensorView At(uint64_t row, uint64_t rows = kSize) {
  const TensorView all{DType::kQ8_0, {1024, kSize}, kMemory.data()};
  return {DType::kQ8_0, {rows, kSize}, all.row(row)};
}

// A graph that looks rows of one matrix up and multiplies by others.
Graph Model(const TensorView& table, const std::vector<TensorView>& products) {
  GraphBuilder g;
  Value x = g.Embed(g.Tokens(), g.Weight("table", table));
  for (const TensorView& matrix : products) x = g.MatMul(x, g.Weight("matrix", matrix));
  auto graph = g.Finish(g.SelectRows(x, g.OutputRows()));
  EXPECT_TRUE(graph);
  return *std::move(graph);
}

std::vector<uint64_t> RowsOf(const std::vector<TensorView>& found) {
  std::vector<uint64_t> rows;
  for (const TensorView& matrix : found) {
    rows.push_back(static_cast<uint64_t>(matrix.data - kMemory.data()) / matrix.row_bytes());
  }
  return rows;
}

TEST(OnlyPacked, AreThoseThatOnlyProductsRead) {
  const Graph graph = Model(At(0), {At(0), At(64), At(128), At(64)});
  EXPECT_EQ(RowsOf(FindOnlyPacked({&graph}, {At(0), At(64), At(128)})),
            (std::vector<uint64_t>{64, 128}));
}

// What lies within another, or across its end, is read with it.
TEST(OnlyPacked, AreNoneThatOverlap) {
  const Graph graph = Model(At(0), {At(64), At(96), At(256), At(256 + 32), At(512)});
  const std::vector<TensorView> packed = {At(64), At(96), At(256, 128), At(256), At(288), At(512)};
  EXPECT_EQ(RowsOf(FindOnlyPacked({&graph}, packed)), (std::vector<uint64_t>{512}));
}

TEST(OnlyPacked, AreReadByNoOtherGraph) {
  const Graph first = Model(At(0), {At(64), At(128)});
  const Graph second = Model(At(128), {At(64)});
  EXPECT_EQ(RowsOf(FindOnlyPacked({&first, &second}, {At(64), At(128)})),
            (std::vector<uint64_t>{64}));
}

// A product that is not by panels reads the matrix itself.
TEST(OnlyPacked, AreAllPacked) {
  const Graph graph = Model(At(0), {At(64), At(128)});
  EXPECT_EQ(RowsOf(FindOnlyPacked({&graph}, {At(64)})), (std::vector<uint64_t>{64}));
}

TEST(OnlyPacked, AreExpertsToo) {
  GraphBuilder g;
  const Value x = g.Embed(g.Tokens(), g.Weight("table", At(0)));
  const Value logits = g.MatMul(x, g.Weight("router", At(64, 2)));
  const Value routes = g.Route(logits, {}, {}, {.experts = 2, .k = 1});
  const Value y = g.ExpertMatMul(x, routes, g.Experts("experts", {At(128), At(192)}), {}, {});
  const auto graph = g.Finish(g.SelectRows(g.Mix(y, routes), g.OutputRows()));
  ASSERT_TRUE(graph);
  EXPECT_EQ(RowsOf(FindOnlyPacked({&*graph}, {At(128), At(192)})),
            (std::vector<uint64_t>{128, 192}));
}

}  // namespace
}  // namespace ingle
