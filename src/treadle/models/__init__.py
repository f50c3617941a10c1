"""Language models: which there are (catalogue), whose keys open them (credentials), how they are spoken to (protocols).

Three things that vary on their own: a vendor is a YAML file in `catalogue/`, a wire protocol a module in `protocols/`,
a credential a row that `service` knows how to check, keep and find again.
"""
