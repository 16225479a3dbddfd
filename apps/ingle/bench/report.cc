#include "bench/report.h"

#include "terminal/units.h"

namespace ingle {
namespace {

constexpr double kGiga = 1e9;
constexpr double kTera = 1e12;

std::string Percent(double share) { return Cat(Fixed(100 * share, 0), "%"); }

// A single value says nothing of how much others would differ.
std::string Speed(const std::vector<double>& values) {
  const double mean = Mean(values);
  const int decimals = mean < 100 ? 2 : 1;
  if (values.size() == 1) return Fixed(mean, decimals);
  return Cat(Fixed(mean, decimals), " ± ", Fixed(Deviation(values), decimals));
}

// What loading did with the weights, which is most of the time that it took.
std::string PanelsOf(const EngineInfo& engine) {
  if (engine.panel_bytes == 0) return "none";
  if (!engine.panels_mapped) return "made";
  return engine.panels_written ? "written" : "mapped";
}

std::string LoadLine(const BenchReport& report) {
  const std::string panels = PanelsOf(report.engine);
  const std::string how = panels == "none" ? "" : Cat(", panels ", panels);
  return Cat("- loaded in ", Fixed(report.load_seconds, 2), " s", how, "; ",
             HumanBytes(report.resident_bytes), " resident after the tests\n");
}

// Text that stays in its cell.
std::string MarkdownCell(const std::string& text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c == '\n' ? ' ' : c;
  }
  return cell;
}

// "17.2 / 33.0" for one thread and for all.
std::string Pair(const MachineLimits& limits, double Limits::*kind, double unit, int decimals) {
  const std::string one = Fixed(limits.one.*kind / unit, decimals);
  if (limits.threads == 1) return one;
  return Cat(one, " / ", Fixed(limits.all.*kind / unit, decimals));
}

double ShareOf(const BenchFigure& figure) {
  return figure.limit > 0 ? Mean(figure.tokens_per_second) / figure.limit : 0;
}

std::string LimitsLine(const MachineLimits& limits) {
  const std::string threads =
      limits.threads == 1 ? "1 thread" : Cat("1 / ", limits.threads, " threads");
  return Cat("- limits of ", threads, ": reading ", Pair(limits, &Limits::read_bytes, kGiga, 1),
             " GB/s; int8 (", limits.int8_kernel, ") ", Pair(limits, &Limits::int8, kTera, 2),
             " TOPS; f32 (", limits.f32_kernel, ") ", Pair(limits, &Limits::f32, kTera, 2),
             " TFLOPS\n");
}

std::string MarkdownCells(const PeerFigure& peer) {
  if (!peer.error.empty()) return " failed | – |";
  if (peer.tokens_per_second.empty()) return " – | – |";
  return Cat(" ", Speed(peer.tokens_per_second), " | ", Fixed(Median(peer.ratios), 2), "× |");
}

std::string MarkdownRow(const BenchFigure& figure) {
  const BenchTest& test = figure.test;
  std::string row = Cat(
      "| ", test.Name(), " | ", test.depth, " | ", test.sequences, " | ", figure.Threads(), " | ",
      Speed(figure.tokens_per_second), " | ", Percent(ShareOf(figure)), " of ",
      figure.memory_bound ? "reading" : "arithmetic", " | ",
      figure.first_token_seconds.empty() ? "" : Fixed(1000 * Mean(figure.first_token_seconds), 1),
      " |");
  for (const PeerFigure& peer : figure.peers) row += MarkdownCells(peer);
  return row + "\n";
}

// A field of CSV: in quotes where it has to be.
std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

struct CsvCell {
  std::string name;  // of its column
  std::string value;
};

std::string CsvLine(const std::vector<CsvCell>& cells, std::string CsvCell::*text) {
  std::string line;
  for (const CsvCell& cell : cells) line += CsvField(cell.*text) + ",";
  line.back() = '\n';
  return line;
}

// A row stands alone: it repeats what all have in common, as those of llama-bench do.
std::vector<CsvCell> CsvCells(const BenchReport& report, const BenchFigure& figure) {
  const BenchTest& test = figure.test;
  const bool prefill = !figure.first_token_seconds.empty();
  std::vector<CsvCell> cells = {
      {"processor", report.processor},
      {"model", report.model.path},
      {"test", test.Name()},
      {"depth", Cat(test.depth)},
      {"sequences", Cat(test.sequences)},
      {"threads", Cat(test.threads)},
      {"threads_used", Cat(figure.threads_used)},
      {"tokens_per_second", Cat(Mean(figure.tokens_per_second))},
      {"deviation", Cat(Deviation(figure.tokens_per_second))},
      {"limit", Cat(figure.limit)},
      {"share_of_limit", Cat(ShareOf(figure))},
      {"limited_by", figure.memory_bound ? "reading" : "arithmetic"},
      {"time_to_first_token_ms", prefill ? Cat(1000 * Mean(figure.first_token_seconds)) : ""},
      {"load_seconds", Cat(report.load_seconds)},
      {"panels", PanelsOf(report.engine)},
      {"resident_bytes", Cat(report.resident_bytes)},
      {"read_bytes_per_second", Cat(figure.machine.read_bytes)},
      {"int8_operations_per_second", Cat(figure.machine.int8)},
      {"f32_operations_per_second", Cat(figure.machine.f32)}};
  for (const PeerFigure& peer : figure.peers) {
    const bool has = !peer.tokens_per_second.empty();
    const std::string none = peer.error.empty() ? "" : "failed";
    cells.push_back({peer.name, has ? Cat(Mean(peer.tokens_per_second)) : none});
    cells.push_back(
        {peer.name + " deviation", has ? Cat(Deviation(peer.tokens_per_second)) : none});
    cells.push_back({peer.name + " ratio", has ? Cat(Median(peer.ratios)) : none});
  }
  return cells;
}

Json LimitsJson(const MachineLimits& limits) {
  const auto of = [](const Limits& l) -> Json {
    return {{"read_bytes_per_second", l.read_bytes},
            {"int8_operations_per_second", l.int8},
            {"f32_operations_per_second", l.f32}};
  };
  return {{"threads", limits.threads},
          {"int8_kernel", limits.int8_kernel},
          {"f32_kernel", limits.f32_kernel},
          {"one_thread", of(limits.one)},
          {"all_threads", of(limits.all)}};
}

Json ModelJson(const BenchReport& report) {
  return {{"path", report.model.path},
          {"name", report.model.name},
          {"architecture", report.model.architecture},
          {"parameters", report.model.parameters},
          {"quantization", report.model.weight_type},
          {"file_bytes", report.model.file_bytes},
          {"weight_bytes", report.engine.weight_bytes},
          {"cache_type", Name(report.engine.cache_type)},
          {"device", report.engine.device},
          {"load_seconds", report.load_seconds},
          {"panels", PanelsOf(report.engine)},
          {"resident_bytes", report.resident_bytes}};
}

Json PeerJson(const PeerFigure& peer) {
  if (!peer.error.empty()) return {{"name", peer.name}, {"error", peer.error}};
  return {{"name", peer.name},
          {"build", peer.build},
          {"tokens_per_second", Mean(peer.tokens_per_second)},
          {"deviation", Deviation(peer.tokens_per_second)},
          {"median", Median(peer.tokens_per_second)},
          {"samples", peer.tokens_per_second},
          {"ratio", Median(peer.ratios)}};
}

Json FigureJson(const BenchFigure& figure) {
  const BenchTest& test = figure.test;
  Json row = {{"test", test.Name()},
              {"depth", test.depth},
              {"sequences", test.sequences},
              {"threads", test.threads},
              {"threads_used", figure.threads_used},
              {"tokens_per_second", Mean(figure.tokens_per_second)},
              {"deviation", Deviation(figure.tokens_per_second)},
              {"median", Median(figure.tokens_per_second)},
              {"samples", figure.tokens_per_second},
              {"limit", figure.limit},
              {"limited_by", figure.memory_bound ? "reading" : "arithmetic"},
              {"share_of_limit", ShareOf(figure)}};
  if (!figure.first_token_seconds.empty()) {
    row["time_to_first_token_ms"] = 1000 * Mean(figure.first_token_seconds);
  }
  Json peers = Json::array();
  for (const PeerFigure& peer : figure.peers) {
    if (!peer.error.empty() || !peer.tokens_per_second.empty()) peers.push_back(PeerJson(peer));
  }
  if (!figure.peers.empty()) row["against"] = std::move(peers);
  return row;
}

}  // namespace

std::string MarkdownOf(const BenchReport& report) {
  std::string text = Cat("- machine: ", report.processor, ", ", report.processors,
                         report.processors == 1 ? " processor" : " processors", " usable, ",
                         report.instructions, "\n");
  for (const MachineLimits& limits : report.limits) text += LimitsLine(limits);
  text +=
      Cat("- model: ", report.model.path, ", ", HumanCount(report.model.parameters),
          " parameters, ", report.model.weight_type, ", ", HumanBytes(report.engine.weight_bytes),
          " of weights, cache ", Name(report.engine.cache_type), "\n", LoadLine(report), "\n");
  text += "| test | depth | sequences | threads | tokens/s | of the limit | first token, ms |";
  std::string rule = "|---|--:|--:|--:|--:|--:|--:|";
  for (const std::string& peer : report.peers) {
    text += Cat(" ", MarkdownCell(peer), " | ours by it |");
    rule += "--:|--:|";
  }
  text += Cat("\n", rule, "\n");
  for (const BenchFigure& figure : report.figures) text += MarkdownRow(figure);
  return text;
}

std::string CsvOf(const BenchReport& report) {
  if (report.figures.empty()) return "";
  std::string text = CsvLine(CsvCells(report, report.figures.front()), &CsvCell::name);
  for (const BenchFigure& figure : report.figures) {
    text += CsvLine(CsvCells(report, figure), &CsvCell::value);
  }
  return text;
}

Json JsonOf(const BenchReport& report) {
  Json limits = Json::array(), results = Json::array();
  for (const MachineLimits& of_threads : report.limits) limits.push_back(LimitsJson(of_threads));
  for (const BenchFigure& figure : report.figures) results.push_back(FigureJson(figure));
  return {{"version", INGLE_VERSION},
          {"machine",
           {{"processor", report.processor},
            {"processors", report.processors},
            {"instructions", report.instructions},
            {"limits", std::move(limits)}}},
          {"model", ModelJson(report)},
          {"results", std::move(results)}};
}

}  // namespace ingle
