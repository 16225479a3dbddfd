"""Encoders, and their heads that classify a sequence or each of its tokens."""

import torch

from .shapes import BASE, COMMON, family, rope
from .variant import CLASSES, STATES, both, without

FULL, SLIDING = "full_attention", "sliding_attention"
BERT = COMMON | {
    "hidden_size": 30,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 37,
}
LABELS = {"num_labels": 5}
ROBERTA = BERT | {"pad_token_id": 1, "bos_token_id": 0, "max_position_embeddings": 83}
DISTILBERT = {
    "vocab_size": COMMON["vocab_size"],
    "pad_token_id": 0,
    "max_position_embeddings": 80,
    "dim": 30,
    "n_layers": 2,
    "n_heads": 3,
    "hidden_dim": 37,
}
MODERNBERT = (
    BERT
    | {"hidden_size": 18, "intermediate_size": 23, "num_hidden_layers": 4}
    | {"local_attention": 14, "cls_token_id": 1, "sep_token_id": 2}
    | {
        "layer_types": [FULL, SLIDING, SLIDING, FULL],
        "rope_parameters": {FULL: rope(theta=160000.0), SLIDING: rope(theta=10000.0)},
    }
)

bert = family("bert", "BertModel", BERT, task=STATES)
bert_sequence = family("bert", "BertForSequenceClassification", BERT | LABELS, task=CLASSES)
bert_tokens = family("bert", "BertForTokenClassification", BERT | LABELS, task=CLASSES)
distilbert = family("distilbert", "DistilBertModel", DISTILBERT, task=STATES)
distilbert_sequence = family(
    "distilbert", "DistilBertForSequenceClassification", DISTILBERT | LABELS, task=CLASSES
)
distilbert_tokens = family(
    "distilbert", "DistilBertForTokenClassification", DISTILBERT | LABELS, task=CLASSES
)
roberta = family("roberta", "RobertaModel", ROBERTA, task=STATES)
roberta_sequence = family(
    "roberta", "RobertaForSequenceClassification", ROBERTA | LABELS, task=CLASSES
)
roberta_tokens = family("roberta", "RobertaForTokenClassification", ROBERTA | LABELS, task=CLASSES)
xlm_roberta = family("xlm_roberta", "XLMRobertaModel", ROBERTA, task=STATES)
nomic = family("nomic_bert", "NomicBertModel", BERT, task=STATES)
modernbert = family("modernbert", "ModernBertModel", MODERNBERT, task=STATES)
modernbert_sequence = family(
    "modernbert", "ModernBertForSequenceClassification", MODERNBERT | LABELS, task=CLASSES
)
modernbert_tokens = family(
    "modernbert", "ModernBertForTokenClassification", MODERNBERT | LABELS, task=CLASSES
)
qwen3 = family("qwen3", "Qwen3Model", BASE | {"head_dim": 6}, task=STATES)


def modernbert_old(config: dict):
    """ModernBERT as released: two thetas, and full attention every so many layers."""
    parameters = config.pop("rope_parameters")
    config["global_rope_theta"] = parameters[FULL]["rope_theta"]
    config["local_rope_theta"] = parameters[SLIDING]["rope_theta"]
    config["global_attn_every_n_layers"] = 3
    del config["layer_types"]


ENCODERS = [
    bert("plain", "learned positions, one kind of token, norms after attention and feed-forward"),
    bert(
        "minilm",
        "an epsilon that shows, tanh GELU, in float16",
        {"layer_norm_eps": 0.05, "hidden_act": "gelu_new", "num_hidden_layers": 3},
        dtype=torch.float16,
    ),
    distilbert("plain", "no kinds of tokens, an inner width of 37, ReLU", {"activation": "relu"}),
    roberta("plain", "positions count from the padding token on"),
    xlm_roberta(
        "one_type", "one kind of token, in bfloat16", {"type_vocab_size": 1}, dtype=torch.bfloat16
    ),
    nomic("plain", "rotary positions with a theta of 1000, a gated network, no biases"),
    nomic(
        "theta",
        "a theta of 50000 in bfloat16",
        {"rope_parameters": rope(theta=5e4)},
        dtype=torch.bfloat16,
    ),
    modernbert("types", "windows of seven to either side between full layers"),
    modernbert(
        "old_config",
        "the released form: a full layer every third, a theta for each kind",
        {"rope_parameters": {FULL: rope(theta=2e4), SLIDING: rope(theta=300.0)}},
        rewrite_config=modernbert_old,
    ),
    modernbert(
        "biases",
        "biases everywhere, tanh GELU, in bfloat16",
        {
            "attention_bias": True,
            "mlp_bias": True,
            "norm_bias": True,
            "hidden_activation": "gelu_pytorch_tanh",
        },
        dtype=torch.bfloat16,
    ),
    qwen3("embedding", "a decoder that embeds: its states, names without a prefix"),
]

HEADS = [
    bert_sequence("sequence", "five classes of the pooled first token"),
    bert_tokens("tokens", "five classes for each token", shards=2),
    distilbert_sequence("sequence", "five classes of the first token, through a ReLU"),
    distilbert_tokens("tokens", "five classes for each token"),
    roberta_sequence("sequence", "five classes of the first token, through a tanh"),
    roberta_tokens("tokens", "five classes for each token"),
    modernbert_sequence("sequence", "five classes of the first token"),
    modernbert_sequence(
        "mean",
        "one score of the mean token, biases, tanh GELU in the head",
        {
            "num_labels": 1,
            "classifier_pooling": "mean",
            "classifier_bias": True,
            "norm_bias": True,
            "classifier_activation": "gelu_pytorch_tanh",
        },
        rewrite_config=both(modernbert_old, without("hidden_activation")),
    ),
    modernbert_tokens("tokens", "five classes for each token"),
]

VARIANTS = [*ENCODERS, *HEADS]
