"""A version as a model repository in Hugging Face's form, for tools that know no Django."""
