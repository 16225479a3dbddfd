#include "base/cpu.h"

#include <gtest/gtest.h>

namespace ingle {
namespace {

TEST(KeptBack, IsNothingOfWhatTheProcessorLacks) {
  EXPECT_EQ(KeptBack({}), "");
  EXPECT_EQ(KeptBack({.usable = kCpuAvx2 | kCpuAvx512Vnni}), "");
}

TEST(KeptBack, SaysWhatTheSystemDoesNotSave) {
  const std::string text = KeptBack({.usable = kCpuAvx2, .unsaved = kCpuAvx512Vnni | kCpuAmxInt8});
  EXPECT_NE(text.find("has avx512vnni amx, whose registers the system does not save"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("refuses"), std::string::npos) << text;
}

TEST(KeptBack, SaysWhatTheSystemRefuses) {
  const std::string text = KeptBack({.usable = kCpuAvx2, .refused = kCpuAmxInt8 | kCpuAmxBf16});
  EXPECT_TRUE(text.starts_with("the processor has amxbf16 amx, which the system refuses")) << text;
  EXPECT_EQ(text.find("registers"), std::string::npos) << text;
}

TEST(MachineFeatures, AreEitherUsableOrKeptBack) {
  const HardwareFeatures& features = MachineFeatures();
  EXPECT_EQ(features.usable & (features.unsaved | features.refused), 0u);
  EXPECT_EQ(features.unsaved & features.refused, 0u);
  EXPECT_EQ(UsableCpuFeatures() & ~features.usable, 0u);
}

}  // namespace
}  // namespace ingle
