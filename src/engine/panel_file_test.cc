#include "engine/panel_file.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "engine/panel_file_testing.h"

namespace ingle {
namespace {

namespace fs = std::filesystem;

TEST_F(PanelFile, IsWrittenOnceAndMappedThen) {
  const Panels first = Open();
  EXPECT_TRUE(first.mapped);
  EXPECT_TRUE(first.written);
  ExpectRight(first);
  const fs::path kept = Kept();
  const auto written = fs::last_write_time(kept);
  const Panels second = Open();
  EXPECT_TRUE(second.mapped);
  EXPECT_FALSE(second.written);
  ExpectRight(second);
  EXPECT_EQ(fs::last_write_time(kept), written);
  EXPECT_EQ(FilesKept(), 1u);
}

TEST_F(PanelFile, OfAnotherModelIsReplaced) {
  { const Panels first = Open(); }
  WriteModel(2);
  const Panels second = Open();
  EXPECT_TRUE(second.mapped);
  ExpectRight(second);
  EXPECT_EQ(FilesKept(), 1u);
}

TEST_F(PanelFile, ThatIsDamagedIsReplaced) {
  { const Panels first = Open(); }
  const fs::path kept = Kept();
  for (const char* damage : {"shorter", "header", "empty"}) {
    SCOPED_TRACE(damage);
    if (damage == std::string("shorter")) fs::resize_file(kept, fs::file_size(kept) - 64);
    if (damage == std::string("header")) {
      std::fstream(kept, std::ios::in | std::ios::out).seekp(20) << "else";
    }
    if (damage == std::string("empty")) fs::resize_file(kept, 0);
    const Panels panels = Open();
    EXPECT_TRUE(panels.mapped);
    ExpectRight(panels);
  }
}

TEST_F(PanelFile, OfAModelThatIsNoMoreIsRemoved) {
  { const Panels first = Open(); }
  const std::string before = model();
  const fs::path moved = folder_ / "moved";
  fs::rename(before, moved);
  auto panels = OpenPanels({directory(), moved.string(), {file_.get()}}, matrices_, pool_);
  ASSERT_TRUE(panels);
  EXPECT_TRUE(panels->mapped);
  EXPECT_EQ(FilesKept(), 1u);
  fs::remove(moved);
  RemoveOrphanPanels(directory());
  EXPECT_EQ(FilesKept(), 0u);
}

TEST_F(PanelFile, OfAnOlderLayoutIsRemovedWithItsModel) {
  { const Panels first = Open(); }
  std::fstream(Kept(), std::ios::in | std::ios::out).seekp(15) << "0";  // "ingle panels 1.0"
  RemoveOrphanPanels(directory());
  EXPECT_EQ(FilesKept(), 1u);
  fs::remove(model());
  RemoveOrphanPanels(directory());
  EXPECT_EQ(FilesKept(), 0u);
}

TEST_F(PanelFile, WhatNamesNoModelIsLeftAlone) {
  { const Panels first = Open(); }
  std::ofstream(fs::path(directory()) / "other.panels") << "ingle panels 1.";
  fs::remove(model());
  RemoveOrphanPanels(directory());
  EXPECT_EQ(FilesKept(), 1u);
}

TEST_F(PanelFile, WhereNoneCanBePanelsAreInMemory) {
  std::ofstream(folder_ / "panels") << "a file where the directory would be";
  const Panels refused = Open();
  EXPECT_FALSE(refused.mapped || refused.written);
  ASSERT_TRUE(refused.trouble);
  EXPECT_NE(refused.trouble->message().find(directory()), std::string::npos);
  ExpectRight(refused);
  auto unnamed = OpenPanels({"", model(), {file_.get()}}, matrices_, pool_);
  ASSERT_TRUE(unnamed);
  EXPECT_FALSE(unnamed->mapped);
  EXPECT_FALSE(unnamed->trouble);
  ExpectRight(*unnamed);
}

TEST_F(PanelFile, OfALinkIsThatOfWhereItLeads) {
  const fs::path link = folder_ / "link";
  fs::create_symlink("model", link);
  EXPECT_EQ(PanelModel(link.string()), model());
  EXPECT_EQ(PanelModel((folder_ / "panels" / ".." / "model").string()), model());
  EXPECT_EQ(PanelModel(fs::relative(model()).string()), model());
  // Of a version that kept it by the link.
  ASSERT_TRUE(OpenPanels({directory(), link.string(), {file_.get()}}, matrices_, pool_));
  EXPECT_EQ(FilesKept(), 1u);
  { const Panels panels = Open(); }
  EXPECT_EQ(FilesKept(), 1u);
  EXPECT_TRUE(Open().mapped);
}

}  // namespace
}  // namespace ingle
