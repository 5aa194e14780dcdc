"""The loop: collect → group → investigate → propose → review → ship → measure."""
