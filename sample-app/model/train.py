"""Trains the sample's model, which tells commands that CREATE, READ, UPDATE or DELETE apart, and writes it as GGUF.

    python3 train.py             trains, writes commands.gguf after each round, and checks it
    python3 train.py --round 1   begins with a later round, from commands.gguf
    python3 train.py --check     reads commands.gguf back and prints its accuracy
    python3 train.py --misses    also prints what it gets wrong

Needs PyTorch (1.13 or newer). README.md beside it tells the rest.
"""
import math
import pathlib
import random
import struct
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

from examples import LABELS, LONGEST, Examples

HERE = pathlib.Path(__file__).resolve().parent
MODEL = HERE.parent / "src/main/resources/models/commands.gguf"
HELD_OUT = HERE.parent / "src/test/resources/commands-heldout.tsv"
DEVELOPMENT = HERE / "development.tsv"

SEED = 5
STEPS = 8000, 2600
BATCH = 64
POOL = 32
RATES = 3e-3, 1.5e-3
AVERAGING = 0.998
PREFIXES = 0.5

UNKNOWN, BEGIN, END, BYTES, SPACE, LABEL, VOCABULARY = 0, 1, 2, 3, 259, 260, 264
WIDTH, BLOCKS, HEADS, FEED_FORWARD, CONTEXT = 64, 4, 4, 192, 256
EPSILON, ROPE_BASE = 1e-5, 10000.0


def prompt(text):
	"""The tokens that llama.cpp's SentencePiece tokenizer makes of `text =>`: one for each byte."""
	tokens = [BEGIN, SPACE]
	for character in text[:LONGEST] + " =>":
		tokens += [SPACE] if character == " " else [BYTES + byte for byte in character.encode()]
	return tokens


def normalized(x, weight):
	return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * weight


def rotated(x):
	"""Rotary positions over neighbouring pairs, as llama.cpp has them for this architecture."""
	size = x.shape[-1]
	inverse = 1.0 / (ROPE_BASE ** (torch.arange(0, size, 2).float() / size))
	angle = torch.arange(x.shape[-2]).float()[:, None] * inverse[None]
	even, odd = x[..., 0::2], x[..., 1::2]
	return torch.stack([even * angle.cos() - odd * angle.sin(), even * angle.sin() + odd * angle.cos()], -1).flatten(-2)


class Block(nn.Module):

	def __init__(self):
		super().__init__()
		self.attn_norm = nn.Parameter(torch.ones(WIDTH))
		self.attn_q, self.attn_k, self.attn_v, self.attn_output = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))
		self.ffn_norm = nn.Parameter(torch.ones(WIDTH))
		self.ffn_gate, self.ffn_up = (nn.Linear(WIDTH, FEED_FORWARD, bias=False) for _ in range(2))
		self.ffn_down = nn.Linear(FEED_FORWARD, WIDTH, bias=False)

	def forward(self, x, future):
		batch, length, _ = x.shape
		heads = lambda y: y.view(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2).flatten(0, 1)
		y = normalized(x, self.attn_norm)
		q, k, v = rotated(heads(self.attn_q(y))), rotated(heads(self.attn_k(y))), heads(self.attn_v(y))
		scores = torch.baddbmm(future, q, k.transpose(-1, -2), alpha=1 / math.sqrt(WIDTH // HEADS))
		attention = (scores.softmax(-1) @ v).view(batch, HEADS, length, WIDTH // HEADS)
		x = x + self.attn_output(attention.transpose(1, 2).reshape(batch, length, WIDTH))
		y = normalized(x, self.ffn_norm)
		return x + self.ffn_down(F.silu(self.ffn_gate(y)) * self.ffn_up(y))


class Model(nn.Module):

	def __init__(self):
		super().__init__()
		self.token_embd = nn.Embedding(VOCABULARY, WIDTH)
		self.blk = nn.ModuleList(Block() for _ in range(BLOCKS))
		self.output_norm = nn.Parameter(torch.ones(WIDTH))
		self.output = nn.Linear(WIDTH, VOCABULARY, bias=False)
		for weight in self.parameters():
			if weight.dim() == 2:
				nn.init.normal_(weight, 0, 0.06)

	def forward(self, prompts):
		"""Returns what stands behind each token of each prompt; shorter prompts are padded behind their end."""
		length = max(map(len, prompts))
		x = self.token_embd(torch.tensor([tokens + [UNKNOWN] * (length - len(tokens)) for tokens in prompts]))
		future = torch.full((length, length), -math.inf).triu(1)
		for block in self.blk:
			x = block(x, future)
		return normalized(x, self.output_norm)


def batches(examples):
	"""Batches of about the same length, from pools of many."""
	while True:
		pool = sorted((examples.next() for _ in range(BATCH * POOL)), key=lambda example: len(example[0]))
		parts = [pool[i:i + BATCH] for i in range(0, len(pool), BATCH)]
		examples.random.shuffle(parts)
		yield from parts


def train(model, number):
	"""A round, with a learning rate that falls to zero along a cosine. The weights are averaged over the last steps."""
	begin = time.time()
	optimizer = torch.optim.AdamW(model.parameters(), RATES[number], betas=(0.9, 0.98), weight_decay=0.02)
	without = {text for path in (HELD_OUT, DEVELOPMENT) for text, _ in read_table(path)}
	averages = [weight.detach().clone() for weight in model.parameters()]
	recent = None
	for step, batch in zip(range(STEPS[number]), batches(Examples(random.Random(SEED + number), without))):
		for group in optimizer.param_groups:
			group["lr"] = RATES[number] * min(1, (step + 1) / 200) * 0.5 * (1 + math.cos(math.pi * step / STEPS[number]))
		prompts = [prompt(text) for text, _ in batch]
		answers = torch.tensor([LABEL + LABELS.index(label) for _, label in batch])
		lengths = torch.tensor([len(tokens) for tokens in prompts])
		states = model(prompts)
		loss = F.cross_entropy(model.output(states[torch.arange(BATCH), lengths - 1]), answers)
		# What comes early guesses the answer too, among the four: that teaches much faster than the end alone.
		guesses = F.linear(states, model.output.weight[LABEL:]).transpose(1, 2)
		guesses = F.cross_entropy(guesses, (answers - LABEL)[:, None].expand(-1, states.shape[1]), reduction="none")
		inside = torch.arange(states.shape[1]) < lengths[:, None]
		optimizer.zero_grad()
		(loss + PREFIXES * guesses[inside].mean()).backward()
		nn.utils.clip_grad_norm_(model.parameters(), 1.0)
		optimizer.step()
		with torch.no_grad():
			for average, weight in zip(averages, model.parameters()):
				average.lerp_(weight, 1 - AVERAGING)
		recent = loss.item() if recent is None else 0.98 * recent + 0.02 * loss.item()
		if step % 250 == 249:
			print(f"round {number}, step {step + 1}: loss {recent:.3f}, {time.time() - begin:.0f} s", flush=True)
	for average, weight in zip(averages, model.parameters()):
		weight.data = average


def metadata():
	tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)] + ["\u2581"] + LABELS
	types = [2, 3, 3] + [6] * 256 + [1] * 5
	return {
		"general.architecture": "llama",
		"general.name": "modelcache commands",
		"general.license": "apache-2.0",
		"general.alignment": 32,
		"general.file_type": 1,
		"llama.context_length": CONTEXT,
		"llama.embedding_length": WIDTH,
		"llama.block_count": BLOCKS,
		"llama.feed_forward_length": FEED_FORWARD,
		"llama.attention.head_count": HEADS,
		"llama.attention.head_count_kv": HEADS,
		"llama.attention.layer_norm_rms_epsilon": EPSILON,
		"llama.rope.dimension_count": WIDTH // HEADS,
		"llama.rope.freq_base": ROPE_BASE,
		"llama.vocab_size": VOCABULARY,
		"tokenizer.ggml.model": "llama",
		"tokenizer.ggml.tokens": tokens,
		"tokenizer.ggml.scores": [0.0] * VOCABULARY,
		"tokenizer.ggml.token_type": [Int32(kind) for kind in types],
		"tokenizer.ggml.bos_token_id": BEGIN,
		"tokenizer.ggml.eos_token_id": END,
		"tokenizer.ggml.unknown_token_id": UNKNOWN,
	}


class Int32(int):
	"""A signed number, where others are unsigned."""


TYPES = {int: (4, "<I"), Int32: (5, "<i"), float: (6, "<f"), str: (8, None), list: (9, None)}


def packed(value):
	if isinstance(value, str):
		return struct.pack("<Q", len(value.encode())) + value.encode()
	if isinstance(value, list):
		return struct.pack("<IQ", TYPES[type(value[0])][0], len(value)) + b"".join(map(packed, value))
	return struct.pack(TYPES[type(value)][1], value)


def padded(data):
	return data + bytes(-len(data) % 32)


def write(model, path):
	"""Writes GGUF, version 3: matrices as 16-bit numbers (type 1), vectors as 32-bit numbers (type 0)."""
	entries = metadata()
	tensors = [(name if name.endswith(".weight") else name + ".weight", weight.detach())
			for name, weight in model.named_parameters()]
	header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries))
	for key, value in entries.items():
		header += packed(key) + struct.pack("<I", TYPES[type(value)][0]) + packed(value)
	data = b""
	for name, weight in tensors:
		matrix = weight.dim() == 2
		header += packed(name) + struct.pack("<I", weight.dim())
		header += struct.pack(f"<{weight.dim()}Q", *reversed(weight.shape))
		header += struct.pack("<IQ", 1 if matrix else 0, len(data))
		data += padded((weight.half() if matrix else weight).contiguous().numpy().tobytes())
	path.parent.mkdir(parents=True, exist_ok=True)
	path.write_bytes(padded(header) + data)


def read(path):
	"""Reads back what `write` wrote."""
	content, position = path.read_bytes(), 8

	def number(form):
		nonlocal position
		value, = struct.unpack_from("<" + form, content, position)
		position += struct.calcsize(form)
		return value

	def text():
		nonlocal position
		length = number("Q")
		position += length
		return content[position - length:position].decode()

	def value(kind):
		if kind == 9:
			kind, count = number("I"), number("Q")
			return [value(kind) for _ in range(count)]
		return text() if kind == 8 else number({4: "I", 5: "i", 6: "f"}[kind])

	count, entries = number("Q"), number("Q")
	for _ in range(entries):
		text(), value(number("I"))
	tensors = {}
	for _ in range(count):
		name, shape = text(), [number("Q") for _ in range(number("I"))]
		tensors[name] = list(reversed(shape)), number("I"), number("Q")
	start = position + -position % 32
	model = Model()
	for name, weight in model.named_parameters():
		shape, kind, offset = tensors[name if name.endswith(".weight") else name + ".weight"]
		stored = torch.frombuffer(bytearray(content), dtype=torch.float16 if kind == 1 else torch.float32,
				count=math.prod(shape), offset=start + offset)
		weight.data = stored.float().view(shape)
	return model


def read_table(path):
	return [tuple(line.split("\t")) for line in path.read_text("utf-8").splitlines()]


def check(path, model, misses):
	table = read_table(path)
	with torch.no_grad():
		answers = [LABELS[model.output(model([prompt(text)])[0, -1])[LABEL:].argmax().item()] for text, _ in table]
	wrong = [(text, label, answer) for (text, label), answer in zip(table, answers) if label != answer]
	print(f"{path.name}: {len(table) - len(wrong)} of {len(table)}, {1 - len(wrong) / len(table):.1%}")
	for text, label, answer in wrong if misses else []:
		print(f"  {answer} instead of {label}: {text}")


if __name__ == "__main__":
	torch.manual_seed(SEED)
	torch.set_num_threads(1)
	if not {"--check", "--misses"} & set(sys.argv):
		first = int(sys.argv[2]) if "--round" in sys.argv else 0
		for number in range(first, len(STEPS)):
			model = read(MODEL) if number else Model()
			train(model, number)
			write(model, MODEL)
	loaded = read(MODEL)
	print(f"{MODEL.name}: {MODEL.stat().st_size} bytes, {sum(weight.numel() for weight in loaded.parameters())} parameters")
	check(DEVELOPMENT, loaded, "--misses" in sys.argv)
	check(HELD_OUT, loaded, False)
