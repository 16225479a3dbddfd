// Makes the compiler forget what the vector v holds. It would otherwise compute equal sums once,
// and the product of two constants before the loop. No instruction.
#pragma once

#define INGLE_FORGET(v) __asm__ volatile("" : "+w"(v))
