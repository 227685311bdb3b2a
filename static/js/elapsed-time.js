// <elapsed-time data-seconds="12.3">: counts on from what the server said, by this device's own clock.
class ElapsedTime extends HTMLElement {
  connectedCallback() {
    this.began = performance.now() - Number(this.dataset.seconds) * 1000;
    this.timer = setInterval(() => this.show(), 1000);
    this.show();
  }

  disconnectedCallback() { clearInterval(this.timer); }

  show() {
    const seconds = Math.round((performance.now() - this.began) / 1000);
    this.textContent = seconds < 100 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }
}

customElements.define("elapsed-time", ElapsedTime);
