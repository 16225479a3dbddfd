#include "kernels/recurrent/arm_neon.h"

#include "kernels/arm_neon_eight_inline.h"

#include "kernels/recurrent/delta_rule_by_eight_inline.h"
#include "kernels/recurrent/selective_scan_by_eight_inline.h"
#include "kernels/recurrent/short_conv_by_eight_inline.h"

namespace ingle {

void ShortConvNeon(const ShortConvTask& task) { ShortConvByEight(task); }
void SelectiveScanNeon(const SelectiveScanTask& task) { SelectiveScanByEight(task); }
void DeltaRuleNeon(const DeltaRuleTask& task) { DeltaRuleByEight(task); }

}  // namespace ingle
