#include "base/bytes.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/byte_source.h"
#include "base/checked.h"

namespace ingle {
namespace {

TEST(ByteReader, NeverLeavesItsBytes) {
  ByteReader reader(AsBytes("\x01\x02\x03\x04\x05"));
  EXPECT_EQ(reader.Read<uint32_t>(), 0x04030201u);
  EXPECT_EQ(reader.Read<uint16_t>(), std::nullopt);
  EXPECT_EQ(reader.remaining(), 1u);  // a refused read moves nothing
  EXPECT_FALSE(reader.Take(UINT64_MAX));
  EXPECT_TRUE(reader.Take(1));
  EXPECT_TRUE(reader.Take(0));
}

TEST(Checked, WrapsAreRefused) {
  EXPECT_EQ(CheckedAdd(UINT64_MAX, 1), std::nullopt);
  EXPECT_EQ(CheckedMul(uint64_t{1} << 42, (uint64_t{1} << 22) + 1), std::nullopt);
  EXPECT_EQ(CheckedAlignUp(33, 32), 64u);
  EXPECT_EQ(CheckedAlignUp(UINT64_MAX - 3, 32), std::nullopt);
}

void ExpectBounded(const ByteSource& source) {
  ASSERT_EQ(source.size(), 5u);
  EXPECT_EQ(AsText(*source.View(1, 3)), "ell");
  EXPECT_TRUE(source.View(5, 0));
  EXPECT_FALSE(source.View(5, 1));
  EXPECT_FALSE(source.View(1, UINT64_MAX));
}

TEST(ByteSource, MemoryIsBounded) { ExpectBounded(*MakeMemorySource("hello")); }

TEST(ByteSource, FileIsBounded) {
  const std::string path = testing::TempDir() + "byte_source_test";
  std::ofstream(path) << "hello";
  const auto file = OpenFile(path);
  ASSERT_TRUE(file);
  std::remove(path.c_str());  // the mapping outlives the name
  ExpectBounded(**file);
}

TEST(ByteSource, RefusesWhatIsNotAFile) {
  EXPECT_EQ(OpenFile("/nonexistent/x").error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(OpenFile(testing::TempDir()));
  EXPECT_FALSE(OpenFile("/dev/zero"));
}

TEST(ByteSource, EmptyFileIsEmpty) {
  const std::string path = testing::TempDir() + "byte_source_empty";
  std::ofstream(path).close();
  const auto file = OpenFile(path);
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->size(), 0u);
  EXPECT_TRUE((*file)->View(0, 0));
}

}  // namespace
}  // namespace ingle
