#include "engine/memory_needs.h"

#include "engine/file_pages.h"
#include "engine/tiny_model_testing.h"
#include "kernels/attention/cache_page.h"

namespace ingle {
namespace {

constexpr uint64_t kPiece = 64 << 10;

TEST(MemoryNeeds, AreToldWithoutLoading) {
  const auto running = LoadTinyModel();
  const auto looking = LoadTinyModel({.only_look = true});
  ASSERT_TRUE(running && looking);
  const MemoryNeeds of_running = running->Needs(100, 2);
  const MemoryNeeds of_looking = looking->Needs(100, 2);
  EXPECT_EQ(of_running.added() - of_running.file, of_looking.added() - of_looking.file);
  // Pieces are counted where the file is mapped, and it is mapped twice.
  EXPECT_NEAR(static_cast<double>(of_running.file), static_cast<double>(of_looking.file),
              2. * kPiece);
  EXPECT_EQ(of_looking.weights, running->info().panel_bytes);
  EXPECT_GT(of_looking.file, 0u);
  EXPECT_EQ(of_looking.total(), of_looking.added() + of_looking.process);
}

TEST(MemoryNeeds, GrowWithContextAndSequences) {
  const auto engine = LoadTinyModel({.only_look = true});
  ASSERT_TRUE(engine);
  const uint64_t page = engine->info().cache_bytes_per_token * kPageTokens;
  EXPECT_EQ(engine->Needs(kPageTokens, 1).cache, page);
  EXPECT_EQ(engine->Needs(kPageTokens + 1, 1).cache, 2 * page);
  EXPECT_EQ(engine->Needs(kPageTokens + 1, 3).cache, 6 * page);
  EXPECT_LT(engine->Needs(16, 1).activations, engine->Needs(64, 1).activations);
  EXPECT_EQ(engine->Needs(1000, 1).activations, engine->Needs(2000, 1).activations);
  // Three short sequences share a step as long as that of one which is three times as long.
  const uint64_t logits = engine->model_info().vocabulary * sizeof(float);
  EXPECT_EQ(engine->Needs(16, 3).activations, engine->Needs(48, 1).activations + 2 * logits);
  EXPECT_GT(engine->Needs(1u << 28, UINT32_MAX).cache, uint64_t{1} << 59);
}

TEST(MemoryNeeds, BeyondTheLimitAreRefused) {
  auto refused = Engine::Load(kTinyModel, {.context = 1u << 20, .memory_limit = 10'000'000});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kOutOfMemory);
  EXPECT_NE(refused.error().message().find("a context of 1048576 tokens"), std::string::npos);
  refused = Engine::Load(kTinyModel, {.memory_limit = 1000, .fit_context = true});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("the shortest context"), std::string::npos);
}

TEST(MemoryNeeds, LongestContextIsTheLongest) {
  constexpr uint64_t kLimit = 10'000'000;
  const auto engine = LoadTinyModel(
      {.context = 1u << 20, .memory_limit = kLimit, .sequences = 2, .fit_context = true});
  ASSERT_TRUE(engine);
  const uint32_t context = engine->info().context;
  EXPECT_LE(engine->Needs(context, 2).added(), kLimit);
  EXPECT_GT(engine->Needs(context + kPageTokens, 2).added(), kLimit);
  EXPECT_EQ(engine->LongestContext(kLimit, 2, 1u << 20), context);
  EXPECT_EQ(engine->LongestContext(kLimit, 2, 100), 100u);
  EXPECT_EQ(engine->LongestContext(0, 2, 100), 0u);
  const auto roomy =
      LoadTinyModel({.context = 50, .memory_limit = uint64_t{1} << 40, .fit_context = true});
  ASSERT_TRUE(roomy);
  EXPECT_EQ(roomy->info().context, 50u);
}

class FilePagesOfAFile : public testing::Test {
 protected:
  FilePagesOfAFile() : file_(*OpenFile(kTinyModel)), pages_({file_.get()}) {}
  // Rows of 1024 bytes, from an offset.
  TensorView Rows(uint64_t offset, uint64_t rows) const {
    return {DType::kF32, {rows, 256}, file_->View(offset, rows * 1024)->data()};
  }

  std::unique_ptr<ByteSource> file_;
  FilePages pages_;
};

TEST_F(FilePagesOfAFile, AreCountedOnceEach) {
  pages_.Read(Rows(0, 1));
  EXPECT_EQ(pages_.bytes(), kPiece);
  pages_.Read(Rows(1024, 1));
  EXPECT_LE(pages_.bytes(), 2 * kPiece);
  pages_.Read(Rows(0, 128));
  const uint64_t whole = pages_.bytes();
  EXPECT_GE(whole, 2 * kPiece);
  pages_.Read(Rows(1024, 64));
  EXPECT_EQ(pages_.bytes(), whole);
}

TEST_F(FilePagesOfAFile, OfATableAreThoseOfItsRows) {
  pages_.LookUp(Rows(0, 128), 1000);
  EXPECT_GE(pages_.bytes(), 2 * kPiece);
  EXPECT_LE(pages_.bytes(), 3 * kPiece);
}

TEST(FilePages, InMemoryAreNone) {
  const auto source = MakeMemorySource(std::string(4096, 'x'));
  FilePages pages({source.get()});
  pages.Read({DType::kF32, {1, 1024}, source->View(0, 4096)->data()});
  EXPECT_EQ(pages.bytes(), 0u);
}

}  // namespace
}  // namespace ingle
