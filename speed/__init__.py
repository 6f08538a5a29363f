"""What makes training and labelling fast; all of it works without.

In fp32 to the same numbers, up to rounding; bf16, fp16 and int8 round more.
"""
