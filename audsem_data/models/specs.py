"""Every published model that a stage may load: where from, which revision, which licence.

A revision is a commit of the Hub repository, taken from public files that quote it. Where none is known, the digest
of the files that were fetched tells which weights answer (`models.weights`).
"""

from audsem_data.core.model import ModelSpec

BEATS = ModelSpec(
    name="beats",
    source="https://1drv.ms/u/s!AqeByhGUtINrgcpj8ujXH1YUtxooEg",
    files=("BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt1.pt",),
    licence="MIT",
    reference="Chen et al., BEATs: Audio Pre-Training with Acoustic Tokenizers, ICML 2023",
    rate=16_000,
    memory=2,
)
SAT = ModelSpec(
    name="sat",
    source="https://zenodo.org/record/7964975/files/SAT_B_stream1s_mAP_41_37.pt",
    files=("SAT_B_stream1s_mAP_41_37.pt",),
    licence="CC-BY-4.0",
    reference="Dinkel et al., Streaming Audio Transformers for Online Audio Tagging, Interspeech 2024",
    rate=16_000,
    memory=2,
)
AST = ModelSpec(
    name="ast",
    source="hf:MIT/ast-finetuned-audioset-10-10-0.4593",
    revision="f826b80d28226b62986cc218e5cec390b1096902",
    files=("*.json", "*.safetensors"),
    licence="BSD-3-Clause",
    reference="Gong et al., AST: Audio Spectrogram Transformer, Interspeech 2021",
    rate=16_000,
    memory=2,
)
CLAP = ModelSpec(
    name="clap",
    source="hf:laion/larger_clap_general",
    revision="16c8cc3159a3c8a31e8ff5ef1f66b0d9ab3667db",  # the Hub's own conversion: `main` holds no safetensors
    files=("*.json", "*.safetensors", "vocab.json", "merges.txt"),
    licence="Apache-2.0",
    reference="Wu et al., Large-scale Contrastive Language-Audio Pretraining, ICASSP 2023",
    rate=48_000,
    memory=3,
)
CONETTE = ModelSpec(
    name="conette",
    source="hf:Labbeti/conette",
    files=("config.json", "*.safetensors", "*.bin"),
    licence="MIT",
    reference="Labb\u00e9 et al., CoNeTTE: An Efficient Audio Captioning System, 2023",
    rate=32_000,
    memory=2,
)
LP_MUSICCAPS = ModelSpec(
    name="lp-musiccaps",
    source="hf:seungheondoh/lp-music-caps",
    files=("exp/transfer/lp_music_caps/last.pth",),
    beside={
        "hf:facebook/bart-base@aadd2ab0ae0c8268c7c9693540e9904811f36177": (
            "config.json",
            "tokenizer.json",
            "vocab.json",
            "merges.txt",
        )
    },
    licence="CC-BY-NC-4.0",
    reference="Doh et al., LP-MusicCaps: LLM-Based Pseudo Music Captioning, ISMIR 2023",
    rate=16_000,
    memory=3,
)
QWEN2_AUDIO = ModelSpec(
    name="qwen2-audio",
    source="hf:Qwen/Qwen2-Audio-7B-Instruct",
    revision="0a095220c30b7b31434169c3086508ef3ea5bf0a",
    files=("*.json", "*.safetensors", "merges.txt", "*.jinja"),
    licence="Apache-2.0",
    reference="Chu et al., Qwen2-Audio Technical Report, 2024",
    rate=16_000,
    memory=34,
)
BLIP = ModelSpec(
    name="blip",
    source="hf:Salesforce/blip-image-captioning-large",
    revision="353689b859fcf0523410b1806dace5fb46ecdf41",
    files=("*.json", "*.safetensors", "vocab.txt"),
    licence="BSD-3-Clause",
    reference="Li et al., BLIP: Bootstrapping Language-Image Pre-training, ICML 2022",
    memory=3,
)
CLIP = ModelSpec(
    name="clip",
    source="hf:laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
    revision="1a25a446712ba5ee05982a381eed697ef9b435cf",
    files=("*.json", "model.safetensors", "vocab.json", "merges.txt"),
    beside={
        "https://raw.githubusercontent.com/anishathalye/imagenet-simple-labels/"
        "49b674242995921182d6f24719c79c0a9a4b3084/": ("imagenet-simple-labels.json",)
    },
    sha256={
        "imagenet-simple-labels.json": "987705581d9446328498f950454a1cc7d8dfc578a8243d8bfdcd2588a6905aae",
    },
    licence="MIT",
    reference="Radford et al., CLIP, ICML 2021, trained on LAION-2B; names of ImageNet's classes by A. Athalye",
    memory=2,
)
RT_DETR = ModelSpec(
    name="rt-detr",
    source="hf:PekingU/rtdetr_r50vd",
    files=("*.json", "*.safetensors"),
    licence="Apache-2.0",
    reference="Zhao et al., DETRs Beat YOLOs on Real-time Object Detection, CVPR 2024",
    memory=3,
)
PLACES365 = ModelSpec(
    name="places365",
    source="http://places2.csail.mit.edu/models_places365/resnet50_places365.pth.tar",
    files=("resnet50_places365.pth.tar",),
    beside={
        "https://raw.githubusercontent.com/CSAILVision/places365/06218620d593de09ac4f9f39b72ea0d175990a24/": (
            "categories_places365.txt",
            "IO_places365.txt",
        )
    },
    sha256={
        "categories_places365.txt": "2affba635eb657e7ca95f4e6cc69bd9fac29ef4c32aeb83cafdfcd06ec6a1ea6",
    },
    licence="CC-BY-4.0",
    reference="Zhou et al., Places: A 10 Million Image Database for Scene Recognition, TPAMI 2018",
    memory=2,
)
LLAVA_VIDEO = ModelSpec(
    name="llava-video",
    source="hf:Isotr0py/LLaVA-Video-7B-Qwen2-hf",
    files=("*.json", "*.safetensors", "vocab.json", "merges.txt", "*.jinja"),
    licence="Apache-2.0",
    reference="Zhang et al., LLaVA-Video, 2024; lmms-lab/LLaVA-Video-7B-Qwen2, converted by Isotr0py",
    memory=34,
)
MINILM = ModelSpec(
    name="minilm",
    source="hf:sentence-transformers/all-MiniLM-L6-v2",
    revision="c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
    files=(
        "config.json",
        "tokenizer*.json",
        "special_tokens_map.json",
        "vocab.txt",
        "model.safetensors",
        "1_Pooling/*",
    ),
    licence="Apache-2.0",
    reference="Reimers and Gurevych, Sentence-BERT, EMNLP 2019; Wang et al., MiniLM, NeurIPS 2020",
    memory=1,
)
BERT = ModelSpec(
    name="bert",
    source="hf:google-bert/bert-base-uncased",
    revision="86b5e0934494bd15c9632b12f734a8a67f723594",
    files=("*.json", "*.safetensors", "vocab.txt"),
    licence="Apache-2.0",
    reference="Devlin et al., BERT: Pre-training of Deep Bidirectional Transformers, NAACL 2019",
    memory=2,
)
BERT_NER = ModelSpec(
    name="bert-ner",
    source="hf:dslim/bert-base-NER",
    revision="d1a3e8f13f8c3566299d95fcfc9a8d2382a9affc",
    files=("*.json", "*.safetensors", "vocab.txt"),
    licence="MIT",
    reference="Devlin et al., BERT, 2019, fine-tuned on CoNLL-2003; model card of dslim/bert-base-NER",
    memory=2,
)
MIXTRAL = ModelSpec(
    name="mixtral",
    source="hf:mistralai/Mixtral-8x7B-Instruct-v0.1",
    revision="41bd4c9e7e4fb318ca40e721131d4933966c2cc1",
    files=("*.json", "*.safetensors", "tokenizer.model"),
    licence="Apache-2.0",
    reference="Jiang et al., Mixtral of Experts, 2024",
    memory=190,
)
QWEN2_5 = ModelSpec(
    name="qwen2.5",
    source="hf:Qwen/Qwen2.5-72B-Instruct",
    revision="495f39366efef23836d0cfae4fbe635880d2be31",
    files=("*.json", "*.safetensors", "merges.txt"),
    licence="Qwen",
    reference="Qwen Team, Qwen2.5 Technical Report, 2024",
    memory=160,
)
MODELS = {
    spec.name: spec
    for spec in (
        BEATS,
        SAT,
        AST,
        CLAP,
        CONETTE,
        LP_MUSICCAPS,
        QWEN2_AUDIO,
        BLIP,
        CLIP,
        RT_DETR,
        PLACES365,
        LLAVA_VIDEO,
        MINILM,
        BERT,
        BERT_NER,
        MIXTRAL,
        QWEN2_5,
    )
}
