"""Shares as visitors read them."""


def percent(share: float) -> str:
    """Show a share from 0 to 1 as whole percent: 71%.

    What is not quite nothing is <1%, and what is not quite everything >99%.
    """
    text = f"{share:.0%}"
    if text == "0%" and share > 0:
        return "<1%"
    return ">99%" if text == "100%" and share < 1 else text
