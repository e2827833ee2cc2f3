"""Sound: a stranger's recording goes in, two clean files come out. FFmpeg runs in a child process that can do nothing else."""
