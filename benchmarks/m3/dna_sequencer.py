"""Tools that read genes."""

from __future__ import annotations

__all__ = ["TOOLS"]

NUCLEOTIDES = "ACGT"
TRANSCRIPT = str.maketrans("ACGT", "UGCA")
BACK = str.maketrans("UGCA", "ACGT")
CODON = 3
AMINO_ACIDS = {"AUG": "Methionine"}
"""The recorded translation knows none of UCG, AUC and GCA; of what it knows, the tasks name Methionine alone."""
UNKNOWN = "X"


def count_nucleotides(dna_sequence: str) -> dict[str, int]:
    return {letter: dna_sequence.count(letter) for letter in dict.fromkeys(dna_sequence)}


def transcribe_dna_to_mrna(dna_sequence: str) -> str:
    return dna_sequence.translate(TRANSCRIPT)


def translate_mrna_to_amino_acid(mrna_sequence: str) -> str:
    codons = [mrna_sequence[at : at + CODON] for at in range(0, len(mrna_sequence), CODON)]
    return "-".join(AMINO_ACIDS.get(codon, UNKNOWN) for codon in codons)


def find_max_nucleotide(*args: str | int) -> tuple[str, int]:
    if not args or len(args) % 2:
        raise ValueError("find_max_nucleotide wants nucleotides and counts in turns: 'A', 2, 'C', 3")
    pairs = [(str(name), int(count)) for name, count in zip(args[::2], args[1::2], strict=True)]
    return max(pairs, key=lambda pair: pair[1])  # the first of equals


def is_valid_dna_sequence(dna_sequence: str) -> bool:
    return bool(dna_sequence) and set(dna_sequence) <= set(NUCLEOTIDES)


def reverse_transcribe_mrna_to_dna(mrna_sequence: str) -> str:
    return mrna_sequence.translate(BACK)


TOOLS = (
    count_nucleotides,
    transcribe_dna_to_mrna,
    translate_mrna_to_amino_acid,
    find_max_nucleotide,
    is_valid_dna_sequence,
    reverse_transcribe_mrna_to_dna,
)
