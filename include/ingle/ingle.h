/* Ingle's C interface: load a model, turn text into tokens and back, generate, embed, classify.
 *
 * Ownership    What ingle_model_load and ingle_session_new give belongs to the caller, who gives it
 *              back with the matching *_free; every *_free accepts NULL. Strings and arrays that
 *              are reached through an object live as long as it does, unless said otherwise.
 * Errors       Calls that can fail return an ingle_status; their results are written only when it
 *              is INGLE_OK. After another one, ingle_last_error() tells this thread why, in one
 *              sentence. Nothing is printed, nothing exits, no exception leaves the library.
 * Threads      A model may be used from any number of threads; sessions that generate at the same
 *              time take turns, step by step. A session belongs to one thread at a time, but for
 *              ingle_session_cancel.
 * Text         UTF-8. Lengths are in bytes, and where there is a length the text need not end with
 *              a zero.
 * Options      Structs of options begin with their size. Initialise them with the *_DEFAULT macros,
 *              which fill it in, and programs keep working with later versions of the library.
 *
 * docs/api.md is the guide; examples/c/complete.c a whole program.
 */
#ifndef INGLE_INGLE_H
#define INGLE_INGLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define INGLE_API
#else
#define INGLE_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ingle_status {
  INGLE_OK = 0,
  INGLE_INVALID_ARGUMENT = 1, /* a call that makes no sense */
  INGLE_NOT_FOUND = 2,
  INGLE_CORRUPT = 3,     /* a file that breaks its format's rules */
  INGLE_UNSUPPORTED = 4, /* well formed, but nothing that this build can run */
  INGLE_TOO_LARGE = 5,   /* a prompt longer than the context, say */
  INGLE_OUT_OF_MEMORY = 6,
  INGLE_IO = 7,        /* the operating system refused */
  INGLE_CANCELLED = 8, /* no call gives it today: see INGLE_FINISH_CANCELLED */
  INGLE_INTERNAL = 9   /* a bug in Ingle */
} ingle_status;

/* "0.1.0" */
INGLE_API const char* ingle_version(void);

/* Why the latest call of this thread that failed did so; "" when none has. Valid until this
 * thread's next call that fails. */
INGLE_API const char* ingle_last_error(void);

/* ---- Models ---------------------------------------------------------------------------------- */

typedef struct ingle_model ingle_model;

typedef enum ingle_device {
  INGLE_DEVICE_CPU = 0,      /* the fastest kernels of this processor */
  INGLE_DEVICE_REFERENCE = 1 /* one operation after the other, in f32: slow, and right */
} ingle_device;

/* What keys and values are kept in. Of the quantized types, which want heads of a multiple of 32
   elements, each head is rotated before it is rounded. */
typedef enum ingle_cache_type {
  INGLE_CACHE_AUTO = 0, /* F16 for quantized weights, else F32 */
  INGLE_CACHE_F32 = 1,
  INGLE_CACHE_F16 = 2,
  INGLE_CACHE_Q8_0 = 3,
  INGLE_CACHE_Q4_0 = 4
} ingle_cache_type;

typedef struct ingle_model_options {
  size_t size;
  int32_t device;        /* an ingle_device */
  int32_t threads;       /* 0: one for each core that the process may use */
  uint32_t context;      /* longest session in tokens; 0: what the model was trained for */
  uint32_t batch_tokens; /* tokens of one step at most; 0: 512 */
  uint64_t cache_bytes;  /* for the keys and values of all sessions; 0: no limit of its own */
  int32_t cache_type;    /* an ingle_cache_type */
  const char* draft;     /* a smaller model's path, see ingle_speculation; NULL: none */
  uint64_t memory_limit; /* bytes that it may take beside what the process has; 0: what it takes */
  uint32_t sessions;     /* full ones that have to fit memory_limit; 0: 1 */
  bool fit_context;      /* where they do not fit, take the longest context with which they do */
  /* A folder that keeps weights as the CPU takes them, see ingle_model_load; NULL: none. */
  const char* panel_directory;
} ingle_model_options;
#define INGLE_MODEL_OPTIONS_DEFAULT                                                          \
  {                                                                                          \
    sizeof(ingle_model_options), INGLE_DEVICE_CPU, 0, 0, 0, 0, INGLE_CACHE_AUTO, NULL, 0, 0, \
        false, NULL                                                                          \
  }

/* As memory_limit: what the system, or the group of processes that limits this one, has left. */
#define INGLE_MEMORY_AVAILABLE UINT64_MAX

/* Loads a GGUF file, of a split model its first part, or a folder of Hugging Face's form. options
   may be NULL. Weights are used where they lie, mapped into memory: until the model has been freed,
   the files must not be written to or cut short (the system would end the process). To replace one,
   rename another over it. A draft model is loaded with the same options; INGLE_UNSUPPORTED when its
   tokens are not the model's. INGLE_OUT_OF_MEMORY, before anything large is taken, when
   memory_limit does not do; a draft model's limit is what the model has left of it.

   On the CPU weights are laid out anew, which takes about as long as to read them. In
   panel_directory, made where it is missing, a file of as many bytes again keeps that, one for each
   model by its path: later loads map it, and processes that do so share its memory; of several that
   load the model for the first time one writes it, and the others wait. It is replaced when the
   model's files or the layout have changed, removed when they are gone, and may be deleted at any
   time. Without a directory, where it refuses or the disk is full, and of models of less than
   8 MiB, weights are laid out in memory of the process's own. */
INGLE_API ingle_status ingle_model_load(const char* path, const ingle_model_options* options,
                                        ingle_model** model);
/* The memory goes when the model and its last session have been freed, in any order. */
INGLE_API void ingle_model_free(ingle_model* model);

/* How many tokens a session holds at most, and how many different ones there are. */
INGLE_API uint32_t ingle_model_context(const ingle_model* model);
INGLE_API uint32_t ingle_model_vocabulary(const ingle_model* model);
/* "llama"; the model's own name, "" when its file gives none. */
INGLE_API const char* ingle_model_architecture(const ingle_model* model);
INGLE_API const char* ingle_model_name(const ingle_model* model);

/* ---- Tokens ---------------------------------------------------------------------------------- */

typedef int32_t ingle_token;

/* Calls that fill an array write at most capacity elements of the result, and tell how many it has;
 * with capacity 0 the array may be NULL, and the call measures. */

typedef enum ingle_tokenize_flags {
  INGLE_ADD_SPECIAL = 1,  /* begin with BOS and end with EOS, where the model wants them */
  INGLE_PARSE_SPECIAL = 2 /* text such as "<|im_end|>" becomes its control token */
} ingle_tokenize_flags;

/* flags: any of ingle_tokenize_flags, or 0. Raw text wants INGLE_ADD_SPECIAL, what
 * ingle_render_chat gave INGLE_PARSE_SPECIAL. */
INGLE_API ingle_status ingle_tokenize(const ingle_model* model, const char* text, size_t length,
                                      uint32_t flags, ingle_token* tokens, size_t capacity,
                                      size_t* count);

typedef enum ingle_detokenize_flags {
  INGLE_RENDER_SPECIAL = 1, /* write control tokens as they are spelled, not leave them out */
  INGLE_CONTINUES_TEXT = 2  /* the tokens follow others: keep the space before the first word */
} ingle_detokenize_flags;

/* The bytes that tokens spell, which may be no valid UTF-8; tokens outside the vocabulary add none.
 * No terminating zero is written. */
INGLE_API ingle_status ingle_detokenize(const ingle_model* model, const ingle_token* tokens,
                                        size_t count, uint32_t flags, char* text, size_t capacity,
                                        size_t* length);

/* Whether a model that produces token has finished its answer. */
INGLE_API bool ingle_token_ends(const ingle_model* model, ingle_token token);

/* Lays a conversation out as the model's chat template wants it. input: a JSON object with
 * "messages" and whatever else the template reads ("tools", "add_generation_prompt" ...). No
 * terminating zero is written. INGLE_NOT_FOUND when the model has no template. */
INGLE_API ingle_status ingle_render_chat(const ingle_model* model, const char* input,
                                         size_t input_length, char* text, size_t capacity,
                                         size_t* length);

/* ---- Embeddings ------------------------------------------------------------------------------ */

typedef enum ingle_pooling {
  INGLE_POOLING_MODEL = 0, /* what the model's files say, or what models of its kind have */
  INGLE_POOLING_MEAN = 1,  /* of all tokens' states */
  INGLE_POOLING_CLS = 2,   /* the first token's */
  INGLE_POOLING_LAST = 3   /* the last token's */
} ingle_pooling;

typedef struct ingle_embed_options {
  size_t size;
  int32_t pooling; /* an ingle_pooling */
  bool normalize;  /* vectors get the length 1 */
} ingle_embed_options;
#define INGLE_EMBED_OPTIONS_DEFAULT \
  { sizeof(ingle_embed_options), INGLE_POOLING_MODEL, true }

/* The floats of a vector. */
INGLE_API uint32_t ingle_model_embedding_size(const ingle_model* model);

/* Turns texts into vectors, several at a time where that is faster; what a text's is does not
 * depend on the others. tokens: those of all texts, one text after the other, each with the special
 * tokens that the model wants (INGLE_ADD_SPECIAL); counts: how many each text has, at least one.
 * vectors: text_count times ingle_model_embedding_size() floats. options may be NULL. Any model can
 * do it, one that generates too. INGLE_TOO_LARGE when a text does not fit the context. */
INGLE_API ingle_status ingle_embed(ingle_model* model, const ingle_token* tokens,
                                   const size_t* counts, size_t text_count,
                                   const ingle_embed_options* options, float* vectors);

/* ---- Classification -------------------------------------------------------------------------- */

/* How many labels a classifier has; 0 for a model that is none. */
INGLE_API uint32_t ingle_model_label_count(const ingle_model* model);
/* The name of a label: "POSITIVE", "B-PER". It belongs to the model; "" where there is no such
 * label. */
INGLE_API const char* ingle_model_label(const ingle_model* model, uint32_t label);
/* Whether the labels are those of a text's tokens, and not of the text. */
INGLE_API bool ingle_model_labels_tokens(const ingle_model* model);

/* How likely each label is. tokens, counts: as of ingle_embed, special tokens included.
 * probabilities: rows of ingle_model_label_count() floats, one for each text, or, where the labels
 * are those of tokens, one for each token of all texts. The caller's, as all arrays here. A row
 * adds up to 1 unless the model's labels are independent of each other; of a regression it is the
 * value itself. What a text's labels are does not depend on the other texts. Threads that classify,
 * embed and generate with one model take turns. INGLE_UNSUPPORTED for a model without labels,
 * INGLE_TOO_LARGE when a text does not fit the context. */
INGLE_API ingle_status ingle_classify(ingle_model* model, const ingle_token* tokens,
                                      const size_t* counts, size_t text_count,
                                      float* probabilities);

/* ---- Generation ------------------------------------------------------------------------------ */

typedef struct ingle_session ingle_session;

/* A session remembers the tokens that it has seen: a prompt that begins with them costs only the
 * rest. */
INGLE_API ingle_status ingle_session_new(ingle_model* model, ingle_session** session);
INGLE_API void ingle_session_free(ingle_session* session);

/* Ends the session's generation, if one runs, before its next token. From any thread, from the
 * callback or from a signal handler. */
INGLE_API void ingle_session_cancel(ingle_session* session);

/* Gets each piece of text once it is certain: whole characters, and no beginning of a stop string.
 * text does not end with a zero and is valid during the call. Returning false ends the generation.
 * May use the model and other sessions; must neither throw nor longjmp. */
typedef bool (*ingle_text_callback)(const char* text, size_t length, void* user);

/* Guessing tokens ahead: a step checks several guesses for little more than it takes to compute one
 * token. The answer is the same, token for token, and comes sooner where the guesses are right.
 * They are what followed the latest tokens where these stood before, in prompt or answer, and what
 * a draft model says. Models whose state cannot go back (Mamba, convolutions, the delta rule) get
 * no guesses. */
typedef enum ingle_speculation {
  INGLE_SPECULATE_AUTO = 0,  /* where it has been measured, in this session, to pay */
  INGLE_SPECULATE_OFF = 1,   /* never */
  INGLE_SPECULATE_ALWAYS = 2 /* whenever there is a guess: to measure what that costs */
} ingle_speculation;

typedef struct ingle_generate_options {
  size_t size;
  float temperature;       /* 0: always the likeliest token */
  int32_t top_k;           /* only so many of the likeliest tokens; 0: all */
  float top_p;             /* only the likeliest that together have this probability; 1: all */
  float min_p;             /* only those with this share of the likeliest one's; 0: all */
  float repeat_penalty;    /* divides positive and multiplies negative logits; 1: none */
  float presence_penalty;  /* subtracted once from a token that occurred */
  float frequency_penalty; /* subtracted for each time that it did */
  int32_t penalty_window;  /* how many of the latest tokens count for these; -1: all */
  uint64_t seed;           /* the same seed gives the same answer */
  int32_t max_tokens;      /* -1: until the model ends or the context is full */
  bool render_special;     /* control tokens appear in the text as they are spelled */
  bool ignore_end;         /* goes on after a token for which ingle_token_ends */
  const char* const* stop; /* zero-terminated strings that end the answer and are no part of it */
  size_t stop_count;
  ingle_text_callback on_text; /* may be NULL */
  void* user;                  /* handed to on_text */
  int32_t speculation;         /* an ingle_speculation */
} ingle_generate_options;
#define INGLE_GENERATE_OPTIONS_DEFAULT                                                          \
  {                                                                                             \
    sizeof(ingle_generate_options), 0.8f, 40, 0.95f, 0.05f, 1.0f, 0.0f, 0.0f, 64, 0, -1, false, \
        false, NULL, 0, NULL, NULL, INGLE_SPECULATE_AUTO                                        \
  }

typedef enum ingle_finish {
  INGLE_FINISH_END = 0,      /* the model ended its answer */
  INGLE_FINISH_STOP = 1,     /* a stop string */
  INGLE_FINISH_LENGTH = 2,   /* max_tokens */
  INGLE_FINISH_CONTEXT = 3,  /* the context is full */
  INGLE_FINISH_CANCELLED = 4 /* by on_text or ingle_session_cancel */
} ingle_finish;

/* An answer. It belongs to its session and is valid until that generates again or is freed. Later
 * versions of the library may add fields at the end. */
typedef struct ingle_generation {
  const char* text; /* ends with a zero, which text_length does not count */
  size_t text_length;
  const ingle_token* tokens; /* without the one that ended it */
  size_t token_count;
  ingle_finish finish;
  size_t prompt_tokens;
  size_t prefill_tokens; /* those of the prompt that had to be computed */
  double prefill_tokens_per_second;
  double decode_tokens_per_second;
  double time_to_first_token_ms;
  size_t guessed_tokens; /* ahead of the answer, and checked */
  size_t right_guesses;  /* of those */
} ingle_generation;

/* Continues a prompt of at least one token. options and generation may be NULL. That a generation
 * was cancelled is no error: generation->finish tells. INGLE_TOO_LARGE when the prompt does not fit
 * the context. */
INGLE_API ingle_status ingle_generate(ingle_session* session, const ingle_token* prompt,
                                      size_t prompt_count, const ingle_generate_options* options,
                                      const ingle_generation** generation);

#ifdef __cplusplus
}
#endif

#endif /* INGLE_INGLE_H */
